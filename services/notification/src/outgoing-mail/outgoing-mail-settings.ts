import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { CERTIFICATE_AUTHORITY_LENGTH_MAX, FROM_NAME_LENGTH_MAX, HOST_LENGTH_MAX, PASSWORD_LENGTH_MAX, USER_LENGTH_MAX } from '../limits.js';
import { isMailable } from '../notify/recipient.js';
import { type Language, LANGUAGES } from '../templates/language.js';

export const TLS_MODES = ['implicit', 'starttls', 'none'] as const;

export type TlsMode = (typeof TLS_MODES)[number];

/** The outgoing mail server and who its mails are from. */
export interface OutgoingMailSettings {
  readonly host: string;
  readonly port: number;
  /** `none` only by explicit choice. */
  readonly tls: TlsMode;
  /** Empty: without signing in. */
  readonly user: string;
  readonly password?: string | undefined;
  readonly fromAddress: string;
  readonly fromName: string;
  /** Where a person has none. */
  readonly language: Language;
  /** PEM, trusted besides the system's; empty: none. */
  readonly certificateAuthority: string;
}

/** As they come from outside. */
export type WantedSettings = Omit<OutgoingMailSettings, 'tls' | 'language'> & { readonly tls: string; readonly language: string };

/** What is wrong, and with which field. */
export interface SettingsProblem {
  readonly field: keyof OutgoingMailSettings;
  readonly reason: string;
}

const CONTROL = /\p{Cc}/u;
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/iu;

/** Settings that can be stored, or the first thing that is wrong with them. */
export function checkSettings(wanted: WantedSettings): OutgoingMailSettings | SettingsProblem {
  const tls = TLS_MODES.find((mode) => mode === wanted.tls);
  const language = LANGUAGES.find((ours) => ours === wanted.language);
  const fromName = wanted.fromName.trim();
  const host = wanted.host.trim();
  if (!isHost(host)) return { field: 'host', reason: 'must be the name or the IP address of the mail server, for example smtp.example.org' };
  if (!Number.isInteger(wanted.port) || wanted.port < 1 || wanted.port > 65_535) return { field: 'port', reason: 'must be a whole number from 1 to 65535; usual are 587 (starttls) and 465 (implicit)' };
  if (!tls) return { field: 'tls', reason: `must be one of ${TLS_MODES.join(', ')}` };
  if (wanted.user.length > USER_LENGTH_MAX || CONTROL.test(wanted.user)) return { field: 'user', reason: `must have at most ${USER_LENGTH_MAX} characters in one line` };
  if ((wanted.password ?? '').length > PASSWORD_LENGTH_MAX) return { field: 'password', reason: `must have at most ${PASSWORD_LENGTH_MAX} characters` };
  if (!isMailable(wanted.fromAddress)) return { field: 'fromAddress', reason: 'must be one e-mail address, for example print@example.org' };
  if (fromName.length > FROM_NAME_LENGTH_MAX || CONTROL.test(fromName)) return { field: 'fromName', reason: `must have at most ${FROM_NAME_LENGTH_MAX} characters in one line` };
  if (!language) return { field: 'language', reason: `must be one of ${LANGUAGES.join(', ')}` };
  if (!isCertificates(wanted.certificateAuthority)) return { field: 'certificateAuthority', reason: 'must be certificates in PEM form, or empty' };
  const { port, user, password, fromAddress, certificateAuthority } = wanted;
  return { host, port, tls, user, password, fromAddress, fromName, language, certificateAuthority: certificateAuthority.trim() };
}

function isHost(host: string): boolean {
  return isIP(host) !== 0 || (host.length <= HOST_LENGTH_MAX && host.split('.').every((label) => HOST_LABEL.test(label)));
}

function isCertificates(pem: string): boolean {
  if (pem.trim() === '') return true;
  if (pem.length > CERTIFICATE_AUTHORITY_LENGTH_MAX) return false;
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  const isParsed = (text: string): boolean => {
    try {
      return new X509Certificate(text).subject !== undefined;
    } catch {
      return false;
    }
  };
  return certificates.length > 0 && certificates.every(isParsed);
}
