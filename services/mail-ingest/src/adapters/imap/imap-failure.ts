import { asFailure, CauseDown, Failure } from '@inkpost/failure/failure.js';
import { FOLDER_MISSING, LOGIN_REFUSED } from '../../ports/mail-source.port.js';

interface ImapError {
  readonly code?: string;
  readonly authenticationFailed?: boolean;
  readonly mailboxMissing?: boolean;
  readonly tlsFailed?: boolean;
  readonly responseText?: string;
}

const CERTIFICATE_CODES = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;
const NETWORK_TEXTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is unknown',
  EAI_AGAIN: 'its name can\'t be looked up now',
  ECONNREFUSED: 'it refuses connections on this port',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  CONNECT_TIMEOUT: 'it does not answer',
  ETIMEDOUT: 'it does not answer',
  GREETING_TIMEOUT: 'it is silent: is it an IMAP server, and the choice of TLS right?',
};

/** What an error of imapflow means, in a sentence an administrator can act on. None is final: what is wrong on a server can be put right. */
export function imapFailure(error: unknown, server: { readonly host: string; readonly port: number }): Failure {
  if (error instanceof Failure) return error;
  const { code = '', authenticationFailed, mailboxMissing, tlsFailed, responseText = '' } = (error instanceof Error ? error : {}) as ImapError;
  const message = asFailure(error).message;
  const at = `${server.host}:${server.port}`;
  const fail = (ownCode: string, text: string): Failure => new CauseDown(ownCode, text, { cause: error, fields: { host: server.host, port: server.port } });
  if (authenticationFailed) return fail(LOGIN_REFUSED, `The mail server ${at} refused the user name or the password${responseText ? `: ${responseText}` : ''}.`);
  // The manual's own words.
  if (mailboxMissing) return fail(FOLDER_MISSING, 'The requested folder could not be found');
  if (CERTIFICATE_CODES.test(code)) return fail('mailbox.certificate-untrusted', `The certificate of the mail server ${at} is not trusted: ${message}.`);
  if (tlsFailed || /^(?:ERR_SSL|EPROTO|ERR_TLS)/.test(code)) return fail('mailbox.tls-failed', `No TLS with the mail server ${at}: ${message}.`);
  const network = NETWORK_TEXTS[code];
  if (network) return fail('mailbox.server-unreachable', `The mail server ${at} can't be reached: ${network}.`);
  return fail('mailbox.connection-lost', `The connection to the mail server ${at} was lost: ${responseText || message}.`);
}
