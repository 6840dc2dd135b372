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
  if (opened.outcome === 'valid') return { outcome: 'proven', accountId: opened.accountId, account: '', language: undefined };
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
  const { accountId, name } = answer.account;
  return { outcome: 'proven', accountId, account: name, language: answer.language === 'fr' || answer.language === 'en' ? answer.language : undefined };
}
