import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { FOLDER_MISSING, LOGIN_REFUSED, NEEDS_ASSOCIATION, type SourceAccess } from '../ports/mail-source.port.js';
import { type NetworkTrouble, networkTrouble } from './network-trouble.js';

/** Who is spoken to, as far as sentences name it. */
export type NamedServer = Pick<SourceAccess, 'host' | 'port'>;

const SENTENCES: Readonly<Record<NetworkTrouble['code'], (at: string) => string>> = {
  'mailbox.certificate-untrusted': (at) => `The certificate of the mail server ${at} is not trusted`,
  'mailbox.tls-failed': (at) => `No TLS with the mail server ${at}`,
  'mailbox.server-unreachable': (at) => `The mail server ${at} can't be reached`,
  'mailbox.connection-lost': (at) => `The connection to the mail server ${at} was lost`,
};

/** What an error of a connection to a mail server means, in a sentence an administrator can act on. None is final: what is wrong can be put right. */
export function connectionFailure(error: unknown, server: NamedServer): Failure {
  if (error instanceof Failure) return error;
  const { code, reason } = networkTrouble(error);
  return troubled(code, reason, server, error);
}

/** `why`: what went wrong, without a full stop. */
export function connectionLost(server: NamedServer, why: string, cause?: unknown): Failure {
  return troubled('mailbox.connection-lost', why, server, cause);
}

export function tlsFailed(server: NamedServer, why: string, cause?: unknown): Failure {
  return troubled('mailbox.tls-failed', why, server, cause);
}

/** `said`: the words of a server that lets nobody in. */
export function serverFailing(server: NamedServer, said: string, cause?: unknown): Failure {
  return serverFailure('mailbox.server-failing', `The mail server ${nameOf(server)} lets nobody in: ${said.replace(/\.$/, '')}.`, server, cause);
}

/** The manual's own words (TRB-006). */
export function folderMissing(server: NamedServer, cause?: unknown): Failure {
  return serverFailure(FOLDER_MISSING, 'The requested folder could not be found', server, cause);
}

/** `said`: the server's words, if any. */
export function loginRefused(access: SourceAccess, said: string, cause?: unknown): Failure {
  const words = said === '' ? '' : `: ${said}`;
  const { signIn, user } = access;
  if (signIn.kind === 'password') return serverFailure(LOGIN_REFUSED, `The mail server ${nameOf(access)} refused the user name or the password${words}.`, access, cause);
  const refused = `The mail server ${nameOf(access)} did not accept the access token for ${user}${words}`;
  if (signIn.access === 'application') return serverFailure(LOGIN_REFUSED, `${refused}. Has the application its permission with admin consent, and was it let into this mailbox?`, access, cause);
  return serverFailure(NEEDS_ASSOCIATION, `${refused}. Was the mailbox associated with this account, and may it use this protocol? Associate it again.`, access, cause);
}

export function serverFailure(code: string, sentence: string, { host, port }: NamedServer, cause?: unknown): Failure {
  return new CauseDown(code, sentence, { cause, fields: { host, port } });
}

function troubled(code: NetworkTrouble['code'], reason: string, server: NamedServer, cause: unknown): Failure {
  return serverFailure(code, `${SENTENCES[code](nameOf(server))}: ${reason}${/[.?]$/.test(reason) ? '' : '.'}`, server, cause);
}

function nameOf({ host, port }: NamedServer): string {
  return `${host}:${port}`;
}
