import { CauseDown, Failure, type FailureFields, TransientFailure } from '@inkpost/failure/failure.js';
import type { ClientAccess } from '../../mailboxes/mailbox.js';
import { FOLDER_MISSING, LOGIN_REFUSED, MAIL_GONE, NEEDS_ASSOCIATION } from '../../ports/mail-source.port.js';
import { safeText } from '../../receive-message/safe-text.js';
import { type NetworkTrouble, networkTrouble } from '../network-trouble.js';

/** Whose mailbox is asked for, and how. */
export interface GraphAccount {
  readonly address: string;
  readonly access: ClientAccess;
}

/** An answer that is no success. */
export interface GraphRefusal {
  readonly status: number;
  /** Of the JSON body; empty where there is none. */
  readonly code: string;
  readonly message: string;
  /** By which Microsoft finds the request in its logs. */
  readonly requestId: string;
  /** A policy wants the person to sign in anew. */
  readonly claimsChallenge: boolean;
  /** Where the server says when to come again. */
  readonly retryAfterMs: number | undefined;
}

/** Of Graph's own words, in a sentence of ours. */
const SAID_CHARACTERS_MAX = 300;

/** Codes of Graph that say that the account isn't there, or has no mailbox. */
const NO_MAILBOX = new Set(['ErrorInvalidUser', 'Request_ResourceNotFound', 'ResourceNotFound', 'MailboxNotEnabledForRESTAPI', 'MailboxNotHostedInExchangeOnline']);

const SENTENCES: Readonly<Record<NetworkTrouble['code'], (host: string, reason: string) => string>> = {
  'mailbox.certificate-untrusted': (host, reason) => `The certificate of Microsoft Graph (${host}) is not trusted: ${reason}.`,
  'mailbox.tls-failed': (host, reason) => `No TLS with Microsoft Graph (${host}): ${reason}.`,
  'mailbox.server-unreachable': (host, reason) => `Microsoft Graph (${host}) can't be reached: ${reason}.`,
  'mailbox.connection-lost': (host, reason) => `The connection to Microsoft Graph (${host}) was lost: ${reason}.`,
};

/** What a refusal means, in a sentence an administrator can act on. None is final: what is wrong in a tenant can be put right. */
export function refusalFailure(refusal: GraphRefusal, account: GraphAccount): Failure {
  const { status, code } = refusal;
  const said = saying(refusal);
  if (status === 401) return tokenRefused(refusal, account);
  if (status === 403) return fail('mailbox.access-denied', `Microsoft Graph denies the access to the mailbox ${account.address}${said}. ${permissionAdvice(account.access)}`, refusal);
  if (status === 404 && NO_MAILBOX.has(code)) {
    return fail('mailbox.account-unknown', `Microsoft Graph knows no mailbox ${account.address} in this tenant${said}. Is the address the account's sign-in name, and has it an Exchange Online licence?`, refusal);
  }
  if (isThrottled(status)) return throttled(refusal.retryAfterMs ?? 0, refusal);
  return fail('mailbox.server-failing', `Microsoft Graph answers with ${status}${said}.`, refusal);
}

/** The answers that ask for patience: 429, and the gateway's own. */
export function isThrottled(status: number): boolean {
  return status === 429 || status === 503 || status === 504 || status === 509;
}

/** `forMs`: until the next request is welcome. */
export function throttled(forMs: number, refusal?: GraphRefusal): CauseDown {
  const wait = forMs > 0 ? `, and wants none for ${Math.ceil(forMs / 1_000)} s` : '';
  return new CauseDown('mailbox.throttled', `Microsoft Graph is overloaded or got too many requests for this mailbox${wait}.`, { fields: refusal ? fieldsOf(refusal) : {} });
}

function tokenRefused(refusal: GraphRefusal, { address, access }: GraphAccount): Failure {
  const refused = `Microsoft Graph did not accept the access token for ${address}${saying(refusal)}`;
  if (access === 'application') return fail(LOGIN_REFUSED, `${refused}. Check the tenant ID, the client ID and the permissions of the application.`, refusal);
  const why = refusal.claimsChallenge ? ': a policy of the tenant (conditional access) wants the account to sign in anew' : '';
  return fail(NEEDS_ASSOCIATION, `${refused}${why}. Associate the mailbox with its account again.`, refusal);
}

function permissionAdvice(access: ClientAccess): string {
  if (access === 'delegated') return 'The application needs the delegated permission Mail.ReadWrite with consent; afterwards the mailbox is to be associated again.';
  return 'The application needs the application permission Mail.ReadWrite with admin consent, and no application access policy of Exchange may exclude this mailbox.';
}

/** What the manual says where the folder isn't there. */
export function folderMissing(cause?: unknown): CauseDown {
  return new CauseDown(FOLDER_MISSING, 'The requested folder could not be found', { cause });
}

export function mailGone(key: string): TransientFailure {
  return new TransientFailure(MAIL_GONE, 'The mail is no longer in its folder.', { fields: { key } });
}

/** What an error of the connection means. */
export function connectionFailure(error: unknown, host: string): Failure {
  if (error instanceof Failure) return error;
  const { code, reason } = networkTrouble(error);
  return new CauseDown(code, SENTENCES[code](host, reason).replace(/\?\.$/, '?'), { cause: error, fields: { host } });
}

/** An answer that isn't as documented: from a proxy, or from something that is no Graph. */
export function notUnderstood(host: string, what: string): CauseDown {
  return new CauseDown('mailbox.server-failing', `${host} does not answer as Microsoft Graph does: ${what}.`, { fields: { host } });
}

function saying({ code, message }: GraphRefusal): string {
  const said = safeText([code, message].filter((text) => text !== '').join(': '), SAID_CHARACTERS_MAX);
  return said === '' ? '' : ` (${said.replace(/\.$/, '')})`;
}

function fail(code: string, text: string, refusal: GraphRefusal): CauseDown {
  return new CauseDown(code, text, { fields: fieldsOf(refusal) });
}

function fieldsOf({ status, code, requestId }: GraphRefusal): FailureFields {
  return { status, graphCode: code, requestId };
}
