import { namesByCode } from './names-by-code.js';

/** status-code values (RFC 8011 appendix B and later PWG registrations). */
export const statusCode = {
  'successful-ok': 0x0000,
  'successful-ok-ignored-or-substituted-attributes': 0x0001,
  'successful-ok-conflicting-attributes': 0x0002,
  'client-error-bad-request': 0x0400,
  'client-error-forbidden': 0x0401,
  'client-error-not-authenticated': 0x0402,
  'client-error-not-authorized': 0x0403,
  'client-error-not-possible': 0x0404,
  'client-error-timeout': 0x0405,
  'client-error-not-found': 0x0406,
  'client-error-gone': 0x0407,
  'client-error-request-entity-too-large': 0x0408,
  'client-error-request-value-too-long': 0x0409,
  'client-error-document-format-not-supported': 0x040a,
  'client-error-attributes-or-values-not-supported': 0x040b,
  'client-error-uri-scheme-not-supported': 0x040c,
  'client-error-charset-not-supported': 0x040d,
  'client-error-conflicting-attributes': 0x040e,
  'client-error-compression-not-supported': 0x040f,
  'client-error-compression-error': 0x0410,
  'client-error-document-format-error': 0x0411,
  'client-error-document-access-error': 0x0412,
  'client-error-document-password-error': 0x0418,
  'client-error-document-permission-error': 0x0419,
  'client-error-document-security-error': 0x041a,
  'client-error-document-unprintable-error': 0x041b,
  'client-error-account-info-needed': 0x041c,
  'client-error-account-closed': 0x041d,
  'client-error-account-limit-reached': 0x041e,
  'client-error-account-authorization-failed': 0x041f,
  'server-error-internal-error': 0x0500,
  'server-error-operation-not-supported': 0x0501,
  'server-error-service-unavailable': 0x0502,
  'server-error-version-not-supported': 0x0503,
  'server-error-device-error': 0x0504,
  'server-error-temporary-error': 0x0505,
  'server-error-not-accepting-jobs': 0x0506,
  'server-error-busy': 0x0507,
  'server-error-job-canceled': 0x0508,
  'server-error-multiple-document-jobs-not-supported': 0x0509,
  'server-error-printer-is-deactivated': 0x050a,
  'server-error-too-many-jobs': 0x050b,
} as const;

export type StatusKeyword = keyof typeof statusCode;

const statusKeywords = namesByCode(statusCode);

/** The keyword of a status; one without a registered keyword gives its class and number: `client-error-0x04ff`. */
export function statusKeyword(code: number): string {
  const known = statusKeywords.get(code);
  if (known !== undefined) return known;
  const number = `0x${code.toString(16).padStart(4, '0')}`;
  if (code < 0x0100) return `successful-${number}`;
  if (code >= 0x0400 && code < 0x0500) return `client-error-${number}`;
  return code >= 0x0500 && code < 0x0600 ? `server-error-${number}` : `status-${number}`;
}

/** RFC 8011 appendix B: 0x0000 to 0x00ff is success, what was ignored or substituted included. */
export function isSuccessful(code: number): boolean {
  return code < 0x0100;
}
