import { asFailure, Failure } from '@inkpost/failure/failure.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { connectionFailure, connectionLost, folderMissing, loginRefused, tlsFailed } from '../mail-server-failure.js';

interface ImapError {
  readonly authenticationFailed?: boolean;
  /** The JSON that came before the refusal of a token (RFC 7628, 3.2.2). */
  readonly oauthError?: unknown;
  readonly mailboxMissing?: boolean;
  readonly tlsFailed?: boolean;
  readonly responseText?: string;
}

/** Whether it is the server's word that user, password or token are no good. */
export function isLoginRefused(error: unknown): boolean {
  return factsOf(error).authenticationFailed === true;
}

/** What an error of imapflow means, in a sentence an administrator can act on. */
export function imapFailure(error: unknown, access: SourceAccess): Failure {
  if (error instanceof Failure) return error;
  const { authenticationFailed, oauthError, mailboxMissing, tlsFailed: noTls, responseText = '' } = factsOf(error);
  if (authenticationFailed) return loginRefused(access, [responseText.replace(/\.$/, ''), statusOf(oauthError)].filter((text) => text !== '').join(', '), error);
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
