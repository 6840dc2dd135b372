import { asFailure } from '@inkpost/failure/failure.js';
import { FORBIDDEN_ADDRESS } from '@inkpost/server-connection/guarded-lookup.js';
import { certificateReason } from '@inkpost/server-connection/certificate-reason.js';

/** What stands between us and a server: the code of the failure, and the rest of a sentence about the server. */
export interface NetworkTrouble {
  readonly code: 'mailbox.certificate-untrusted' | 'mailbox.tls-failed' | 'mailbox.server-unreachable' | 'mailbox.connection-lost';
  readonly reason: string;
}

const CERTIFICATE_CODES = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is unknown',
  EAI_AGAIN: 'its name can\'t be looked up now',
  ECONNREFUSED: 'it refuses connections on this port',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  CONNECT_TIMEOUT: 'it does not answer',
  ETIMEDOUT: 'it does not answer',
  GREETING_TIMEOUT: 'it is silent: are the port and the choice of TLS right?',
};

/** Reads an error of node's sockets, or of a client that uses the same codes. */
export function networkTrouble(error: unknown): NetworkTrouble {
  const code = codeOf(error);
  const { message } = asFailure(error);
  if (CERTIFICATE_CODES.test(code)) return { code: 'mailbox.certificate-untrusted', reason: error instanceof Error ? certificateReason(error) : message };
  if (/^(?:ERR_SSL|EPROTO|ERR_TLS)/.test(code)) return { code: 'mailbox.tls-failed', reason: message };
  const unreachable = code === FORBIDDEN_ADDRESS ? message.replace(/\.$/, '') : UNREACHABLE[code];
  return unreachable === undefined ? { code: 'mailbox.connection-lost', reason: message } : { code: 'mailbox.server-unreachable', reason: unreachable };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  // Several addresses of a name were tried: the first one's fate says it.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]) || String(error.code);
  return String(error.code);
}
