import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import { CARD_NUMBER_LENGTH, PIN_LENGTH } from '../limits.js';
import { hashPassword } from '../sign-in/password-hash.js';
import { passwordProblem } from '../sign-in/password-policy.js';
import type { GuestProblem } from './guest-settings.js';

/** What is written only. Undefined: as it is; empty: none. */
export interface GivenSecrets {
  readonly password?: string | undefined;
  readonly pin?: string | undefined;
  readonly cardNumber?: string | undefined;
}

/** The same as it is kept. Undefined: as it is; null: none. */
export interface KeptSecrets {
  /** PHC string. */
  readonly passwordHash?: string | null;
  readonly pinHash?: Buffer | null;
  readonly card?: { readonly hash: Buffer; readonly end: string } | null;
}

/** The characters of a card's number that are shown. */
const CARD_END_LENGTH = 4;

const CARD_NUMBER = new RegExp(`^[\\p{L}\\p{N}]{${CARD_NUMBER_LENGTH.min},${CARD_NUMBER_LENGTH.max}}$`, 'u');
const PIN = new RegExp(`^[0-9]{${PIN_LENGTH.min},${PIN_LENGTH.max}}$`, 'u');

/** What is wrong with them, if anything. */
export function secretsProblem({ password = '', pin = '', cardNumber = '' }: GivenSecrets): GuestProblem | undefined {
  const lacking = password === '' ? undefined : passwordProblem(password);
  if (lacking !== undefined) return { field: 'password', reason: lacking };
  if (pin !== '' && !PIN.test(pin)) return { field: 'pin', reason: `must be ${PIN_LENGTH.min} to ${PIN_LENGTH.max} digits` };
  if (cardNumber.trim() !== '' && !CARD_NUMBER.test(normalCard(cardNumber))) {
    return { field: 'cardNumber', reason: `must have ${CARD_NUMBER_LENGTH.min} to ${CARD_NUMBER_LENGTH.max} letters and digits` };
  }
  return undefined;
}

/** `accountId`: two guests with one PIN have different hashes. */
export async function keepSecrets({ password, pin, cardNumber }: GivenSecrets, accountId: string, hash: KeyedHash): Promise<KeptSecrets> {
  return {
    ...(password === undefined ? {} : { passwordHash: password === '' ? null : await hashPassword(password) }),
    ...(pin === undefined ? {} : { pinHash: pin === '' ? null : hash.of('pin', `${accountId} ${pin}`) }),
    ...(cardNumber === undefined ? {} : { card: cardNumber.trim() === '' ? null : { hash: cardHash(cardNumber, hash), end: cardEnd(cardNumber) } }),
  };
}

/** By which a card is found, however its number is written: `04:a3-7f` is `04A37F`. */
export function cardHash(cardNumber: string, hash: KeyedHash): Buffer {
  return hash.of('card', normalCard(cardNumber));
}

/** Of a short number at most half is shown. */
export function cardEnd(cardNumber: string): string {
  const card = normalCard(cardNumber);
  return card.slice(-Math.min(CARD_END_LENGTH, Math.floor(card.length / 2)));
}

function normalCard(cardNumber: string): string {
  return cardNumber.normalize('NFKC').replaceAll(/[\s:.\p{Pd}]/gu, '').toUpperCase();
}
