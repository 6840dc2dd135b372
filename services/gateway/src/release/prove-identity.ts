import { sourceNetwork } from '@inkpost/service/source-network.js';
import type { Language } from '../answer-route/browser.js';
import type { RequestContext } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { GUESTS } from '../limits.js';

type Client = Pick<RequestContext, 'source' | 'caller'>;

/** What an owner said to somebody who says who they are. */
export type Proven =
  | {
    readonly outcome: 'proven';
    /** As jobs bear it. */
    readonly accountId: string;
    /** For the audit log, `DIRECTORY\login`; empty: a code, which names nobody. */
    readonly account: string;
    /** Whom guest-account knows it by; empty as above. */
    readonly directoryId: string;
    readonly login: string;
    /** Undefined: not known. */
    readonly language: Language | undefined;
  }
  | { readonly outcome: 'missing' | 'wrong' }
  | { readonly outcome: 'locked-out'; readonly retryAfterSeconds: number };

/** A login or a card's number. */
export interface SaidToBe {
  readonly case: 'login' | 'cardNumber';
  readonly value: string;
}

/** By a code from a mail: print-submit knows whose it is, and counts wrong ones. */
export async function proveByCode({ ownDocuments }: Pick<Owners, 'ownDocuments'>, { source, caller }: Client, code: string): Promise<Proven> {
  if (code.trim() === '') return { outcome: 'missing' };
  const opened = await ownDocuments.openByCode({ code, releasePoint: sourceNetwork(source) }, as(caller));
  if (opened.outcome === 'valid') return { outcome: 'proven', accountId: opened.accountId, account: '', directoryId: '', login: '', language: undefined };
  return opened.outcome === 'locked-out' ? { outcome: 'locked-out', retryAfterSeconds: opened.retryAfterSeconds } : { outcome: 'wrong' };
}

/** By login or card and its PIN: guest-account knows whose they are, counts wrong ones, and says to nobody what was wrong. */
export async function proveByPin({ identification }: Pick<Owners, 'identification'>, { source, caller }: Client, who: SaidToBe, pin: string): Promise<Proven> {
  if (who.value.trim() === '' || pin.trim() === '') return { outcome: 'missing' };
  // No PIN is longer, and so no try at one is counted.
  if (pin.trim().length > GUESTS.pinLength) return { outcome: 'wrong' };
  const answer = await identification.identify({ who, pin: pin.trim(), releasePoint: sourceNetwork(source), source }, as(caller));
  if (answer.outcome === 'locked-out') return { outcome: 'locked-out', retryAfterSeconds: answer.retryAfterSeconds };
  if (answer.outcome !== 'identified' || !answer.account) return { outcome: 'wrong' };
  const { accountId, name, directoryId, login } = answer.account;
  return { outcome: 'proven', accountId, account: name, directoryId, login, language: answer.language === 'fr' || answer.language === 'en' ? answer.language : undefined };
}

/** By login and password, as who signs in to administer; whoever is in no directory has no documents. */
export async function proveByPassword({ signIn }: Pick<Owners, 'signIn'>, { source, caller }: Client, login: string, password: string): Promise<Proven> {
  if (login.trim() === '' || password === '') return { outcome: 'missing' };
  const { outcome, retryAfterSeconds, account } = await signIn.signIn({ account: login.trim(), password, source }, as(caller));
  if (outcome === 'locked-out') return { outcome, retryAfterSeconds };
  if (outcome !== 'signed-in' || !account || account.accountId === '') return { outcome: 'wrong' };
  return { outcome: 'proven', accountId: account.accountId, account: account.name, directoryId: account.directoryId, login: account.login, language: undefined };
}
