import { z } from 'zod';
import type { RequestContext } from '../answer-route/route.js';
import { Problem } from '../answer-route/problem.js';
import type { Owners } from '../call-owner/owners.js';
import { GUESTS, TEXT } from '../limits.js';
import { proveByCode, proveByPin, type Proven } from './prove-identity.js';

/** Who somebody says to be at a release point. */
export const identity = {
  code: z.string().trim().min(1).max(TEXT.code).optional().describe('As it was mailed; case and spaces around it do not matter.'),
  login: z.string().trim().min(1).max(TEXT.address).optional().describe('`DIRECTORY\\login`, or a login alone; with a PIN.'),
  cardNumber: z.string().trim().min(1).max(GUESTS.cardNumberLength).optional().describe('As it is read, however it is written; with a PIN.'),
  pin: z.string().trim().min(1).max(GUESTS.pinLength).optional(),
};

export type GivenIdentity = z.output<z.ZodObject<typeof identity>>;

/** Whoever says nothing, or two things, is told which fields go together. */
export function checkIdentity({ code, login, cardNumber, pin }: GivenIdentity, context: z.RefinementCtx): void {
  const ways = [code, login, cardNumber].filter((each) => each !== undefined).length;
  if (ways !== 1) context.addIssue({ code: 'custom', path: ['code'], message: 'must be given, or login and pin, or cardNumber and pin: one of the three' });
  else if ((code === undefined) !== (pin !== undefined)) context.addIssue({ code: 'custom', path: ['pin'], message: code === undefined ? 'is missing' : 'goes with login or cardNumber, not with code' });
}

/** Somebody who proved it, as print-submit wants to know. */
export interface ProvenIdentity {
  readonly accountId: string;
  readonly means: 'puk' | 'login-pin' | 'card-pin';
  /** For the audit log; undefined: nobody is named. */
  readonly actor: string | undefined;
}

/** Throws a Problem: what was wrong is said to nobody. */
export async function proveIdentity(owners: Pick<Owners, 'ownDocuments' | 'identification'>, client: Pick<RequestContext, 'source' | 'caller'>, { code, login, cardNumber, pin = '' }: GivenIdentity): Promise<ProvenIdentity> {
  if (code !== undefined) return accepted(await proveByCode(owners, client, code), 'puk');
  if (login !== undefined) return accepted(await proveByPin(owners, client, { case: 'login', value: login }, pin), 'login-pin');
  return accepted(await proveByPin(owners, client, { case: 'cardNumber', value: cardNumber ?? '' }, pin), 'card-pin');
}

function accepted(proven: Proven, means: ProvenIdentity['means']): ProvenIdentity {
  if (proven.outcome === 'locked-out') refuseWrong('locked-out', proven.retryAfterSeconds);
  if (proven.outcome === 'proven') return { accountId: proven.accountId, means, actor: proven.account || undefined };
  if (means === 'puk') refuseWrong('wrong-code', 0);
  throw new Problem('wrong-code', `${means === 'card-pin' ? 'The card is not known, or the PIN is wrong' : 'Login or PIN is wrong'}.`);
}

/** Throws what becomes of a wrong code and of too many. */
export function refuseWrong(outcome: string, retryAfterSeconds: number): void {
  if (outcome === 'wrong-code') throw new Problem('wrong-code', 'No document waits for this code: it is mistyped, was used already, or has expired.');
  if (outcome === 'locked-out') throw new Problem('locked-out', `Too many wrong tries. Try again in ${retryAfterSeconds} seconds.`, { retryAfterSeconds });
}
