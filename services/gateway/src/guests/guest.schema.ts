import { z } from 'zod';
import type { Guest } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { fromInstant, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { GUESTS, TEXT } from '../limits.js';

/** uint32, as the owner counts. */
const VERSION_MAX = 2 ** 32 - 1;

const settings = {
  login: z.string().max(TEXT.name).default('').describe('Unique in any case; one with an @ is one of the addresses. Empty: the first address.'),
  displayName: z.string().max(TEXT.name).default(''),
  addresses: z.array(z.string().min(1).max(TEXT.address)).max(GUESTS.addressesMax).default([]).describe('Each one guest\'s; the first one is where mails go. None: no mail is ever the guest\'s.'),
  language: z.enum(['fr', 'en']).nullable().default(null).describe('null: the installation\'s language.'),
  company: z.string().max(TEXT.name).default(''),
  group: z.string().max(TEXT.name).default(''),
  analyticalCode: z.string().max(GUESTS.codeLength).default(''),
  visitedPerson: z.string().max(TEXT.name).default('').describe('The sponsor.'),
  note: z.string().max(GUESTS.noteLength).default(''),
  locked: z.boolean().default(false),
  validFrom: instant.nullable().default(null).describe('null: from the first.'),
  validUntil: instant.nullable().default(null).describe('null: without end.'),
  password: z.string().max(TEXT.password).optional().describe('Never shown again; without it the stored one stays. Empty: none, nobody signs in with this login.'),
  pin: z.string().max(GUESTS.pinLength).optional().describe('4 to 12 digits, never shown again; without it the stored one stays. Empty: none.'),
  cardNumber: z.string().max(GUESTS.cardNumberLength).optional().describe('One guest\'s; never shown again but for its end. Without it the stored one stays. Empty: none.'),
};

export const guestSettings = z.strictObject(settings).meta({ id: 'GuestSettings' });
export const guestUpdate = z.strictObject({
  ...settings,
  version: z.int().min(1).max(VERSION_MAX).optional().describe('Of the guest as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'GuestUpdate' });

export const guest = z.object({
  accountId: z.string(),
  login: z.string(),
  displayName: z.string(),
  addresses: z.array(z.string()),
  language: z.string().nullable(),
  company: z.string(),
  group: z.string(),
  analyticalCode: z.string(),
  visitedPerson: z.string(),
  note: z.string(),
  locked: z.boolean(),
  validFrom: instant.nullable(),
  validUntil: instant.nullable(),
  state: z.string().describe('active, locked, expired, or not-yet: validFrom lies ahead.'),
  passwordStored: z.boolean().describe('The password itself is never shown.'),
  pinStored: z.boolean(),
  cardEnd: z.string().nullable().describe('The last characters of the card\'s number; null: no card.'),
  origin: z.string().describe('mail: made from a sender\'s address; administrator: by hand; import; wsc: by another server.'),
  createdAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  version: z.int(),
}).meta({ id: 'Guest' });

export function toGuest(wire: Guest | undefined): z.input<typeof guest> {
  const { accountId, settings, origin, state, passwordStored, pinStored, cardEnd, createdAt, lastUsedAt, version } = present(wire, 'guest');
  const { login, displayName, addresses, language, company, group, analyticalCode, visitedPerson, note, locked, validFrom, validUntil } = present(settings, 'settings');
  return {
    accountId, login, displayName, addresses, language: orNull(language), company, group, analyticalCode, visitedPerson, note, locked,
    validFrom: toInstant(validFrom), validUntil: toInstant(validUntil), state, passwordStored, pinStored, cardEnd: orNull(cardEnd),
    origin, createdAt: toInstant(createdAt), lastUsedAt: toInstant(lastUsedAt), version,
  };
}

export function fromSettings({ language, validFrom, validUntil, password, pin, cardNumber, ...others }: z.output<typeof guestSettings>) {
  const [from, until] = [fromInstant(validFrom), fromInstant(validUntil)];
  return {
    ...others, language: language ?? '', ...(from ? { validFrom: from } : {}), ...(until ? { validUntil: until } : {}),
    ...(password === undefined ? {} : { password }), ...(pin === undefined ? {} : { pin }), ...(cardNumber === undefined ? {} : { cardNumber }),
  };
}

/** Which guests: all of these are true of them. */
export const guestFilter = {
  search: z.string().max(TEXT.search).default('').describe('Words, each of which stands in login, name, addresses, company, group, analytical code, visited person or the end of the card\'s number; accents and case make no difference, and one or two letters stand at the beginning of a word.'),
  group: z.string().max(TEXT.name).default(''),
  company: z.string().max(TEXT.name).default(''),
  state: z.enum(['', 'active', 'locked', 'expired', 'not-yet']).default(''),
  origin: z.enum(['', 'mail', 'administrator', 'import', 'wsc']).default(''),
};
