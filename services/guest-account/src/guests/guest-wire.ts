import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Guest as GuestWire, GuestFilter as FilterWire, GuestSettings as SettingsWire } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { COMPANY_LENGTH_MAX, GROUP_NAME_LENGTH_MAX, SEARCH_LENGTH_MAX, SEARCH_WORDS_MAX } from '../limits.js';
import { wordsOf } from './fold-text.js';
import { GUEST_ORIGINS, GUEST_STATES, type GuestFilter } from './guest-filter.js';
import { type GivenSecrets, secretsProblem } from './guest-secrets.js';
import { checkGuest, type GuestSettings, isGuestProblem } from './guest-settings.js';
import type { Guest } from './guest.store.js';

export interface CheckedGuest {
  readonly settings: GuestSettings;
  readonly secrets: GivenSecrets;
}

/** Wire -> domain: normalises and checks. Throws invalid-argument that names the field. */
export function fromGuestWire(wire: SettingsWire | undefined): CheckedGuest {
  if (!wire) throw invalidField('settings', 'is missing');
  const { login, displayName, addresses, language, company, group, analyticalCode, visitedPerson, note, locked, validFrom, validUntil, password, pin, cardNumber } = wire;
  const settings = checkGuest({
    login, displayName, addresses, language, company, group, analyticalCode, visitedPerson, note, locked,
    validFrom: validFrom ? timestampDate(validFrom) : null, validUntil: validUntil ? timestampDate(validUntil) : null,
  });
  if (isGuestProblem(settings)) throw invalidField(settings.field, settings.reason);
  const secrets = { password, pin, cardNumber };
  const problem = secretsProblem(secrets);
  if (problem) throw invalidField(problem.field, problem.reason);
  return { settings, secrets };
}

/** Row -> wire. */
export function toGuestWire(guest: Guest): Omit<GuestWire, '$typeName' | 'settings'> & { settings: Omit<SettingsWire, '$typeName'> } {
  const { accountId, origin, state, hasPassword, hasPin, cardEnd, createdAt, lastUsedAt, version } = guest;
  const { login, displayName, addresses, language, company, group, analyticalCode, visitedPerson, note, locked, validFrom, validUntil } = guest;
  return {
    accountId, origin, state, version, cardEnd, passwordStored: hasPassword, pinStored: hasPin, createdAt: timestampFromDate(createdAt),
    settings: {
      login, displayName, addresses: [...addresses], language, company, group, analyticalCode, visitedPerson, note, locked,
      ...(validFrom ? { validFrom: timestampFromDate(validFrom) } : {}), ...(validUntil ? { validUntil: timestampFromDate(validUntil) } : {}),
    },
    ...(lastUsedAt ? { lastUsedAt: timestampFromDate(lastUsedAt) } : {}),
  };
}

/** Wire -> domain. Throws invalid-argument that names the field. */
export function fromFilterWire(wire: FilterWire | undefined): GuestFilter {
  const { search = '', group = '', company = '', state = '', origin = '' } = wire ?? {};
  const texts = { search: [search, SEARCH_LENGTH_MAX], group: [group, GROUP_NAME_LENGTH_MAX], company: [company, COMPANY_LENGTH_MAX] } as const;
  for (const [field, [text, lengthMax]] of Object.entries(texts)) {
    if (text.length > lengthMax || text.includes('\u0000')) throw invalidField(field, `must be at most ${lengthMax} characters of text`);
  }
  if (wordsOf(search).length > SEARCH_WORDS_MAX) throw invalidField('search', `must be at most ${SEARCH_WORDS_MAX} words`);
  return { search, group: group.trim(), company: company.trim(), state: oneOf('state', state, GUEST_STATES), origin: oneOf('origin', origin, GUEST_ORIGINS) };
}

/** One of these words, or none. Throws invalid-argument that names the field. */
export function oneOf<W extends string>(field: string, word: string, words: readonly W[]): W | '' {
  const known = words.find((each) => each === word);
  if (known === undefined && word !== '') throw invalidField(field, `must be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(words)}, or empty`);
  return known ?? '';
}
