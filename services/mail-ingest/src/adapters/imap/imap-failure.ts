import { asFailure, Failure } from '@inkpost/failure/failure.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { connectionFailure, connectionLost, folderMissing, loginRefused, serverFailing, tlsFailed } from '../mail-server-failure.js';

interface ImapError {
  readonly authenticationFailed?: boolean;
  /** The JSON that came before the refusal of a token (RFC 7628, 3.2.2). */
  readonly oauthError?: unknown;
  readonly mailboxMissing?: boolean;
  readonly tlsFailed?: boolean;
  readonly responseText?: string;
  readonly serverResponseCode?: string;
}

/** The server's own trouble, said to somebody who signs in (RFC 5530, 3): it tells nothing about user and password. */
const SERVER_TROUBLE = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'CONTACTADMIN']);

/** Whether it is the server's word that user, password or token are no good. */
export function isLoginRefused(error: unknown): boolean {
  const { authenticationFailed, serverResponseCode = '' } = factsOf(error);
  return authenticationFailed === true && !SERVER_TROUBLE.has(serverResponseCode);
}

/** What an error of imapflow means, in a sentence an administrator can act on. */
export function imapFailure(error: unknown, access: SourceAccess): Failure {
  if (error instanceof Failure) return error;
  const { authenticationFailed, oauthError, mailboxMissing, tlsFailed: noTls, responseText = '' } = factsOf(error);
  if (isLoginRefused(error)) return loginRefused(access, [responseText.replace(/\.$/, ''), statusOf(oauthError)].filter((text) => text !== '').join(', '), error);
  if (authenticationFailed) return serverFailing(access, responseText, error);
  if (mailboxMissing) return folderMissing(access, error);
  const failure = connectionFailure(error, access);
  if (failure.code !== 'mailbox.connection-lost') return failure;
  if (noTls) return tlsFailed(access, asFailure(error).message, error);
  return responseText === '' ? failure : connectionLost(access, responseText, error);
}

function factsOf(error: unknown): ImapError {
  return (error instanceof Error ? error : {}) as ImapError;
}

function statusOf(oauthError: unknown): string {
  const status = typeof oauthError === 'object' && oauthError !== null && 'status' in oauthError ? oauthError.status : undefined;
  return typeof status === 'string' || typeof status === 'number' ? `status ${status}` : '';
}
