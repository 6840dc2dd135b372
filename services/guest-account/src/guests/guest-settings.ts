import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import {
  ADDRESSES_OF_GUEST_MAX, ANALYTICAL_CODE_LENGTH_MAX, COMPANY_LENGTH_MAX, GROUP_NAME_LENGTH_MAX, LOGIN_LENGTH_MAX, NAME_LENGTH_MAX, NOTE_LENGTH_MAX,
} from '../limits.js';

/** What an administrator sets of a guest, secrets apart. */
export interface GuestSettings {
  /** Unique in any case. One with an @ is one of the addresses: so nobody's login is another's address. */
  readonly login: string;
  readonly displayName: string;
  /** In normal form, each once; the first one is where mails go. None: no mail is ever the guest's. */
  readonly addresses: readonly string[];
  /** fr, en, or empty: the installation's. */
  readonly language: string;
  readonly company: string;
  readonly group: string;
  readonly analyticalCode: string;
  /** The sponsor. */
  readonly visitedPerson: string;
  readonly note: string;
  readonly locked: boolean;
  /** null: from the first. */
  readonly validFrom: Date | null;
  /** null: without end. */
  readonly validUntil: Date | null;
}

/** What is wrong with a field, and what to do. */
export interface GuestProblem {
  readonly field: string;
  readonly reason: string;
}

/** The years that a timestamp of both Postgres and JSON can name. */
const YEAR_MIN = 1970;
const YEAR_MAX = 9999;

const CONTROL_CHARACTER = /[\p{Cc}\p{Cf}]/u;

const LINES = {
  login: LOGIN_LENGTH_MAX, displayName: NAME_LENGTH_MAX, company: COMPANY_LENGTH_MAX, group: GROUP_NAME_LENGTH_MAX,
  analyticalCode: ANALYTICAL_CODE_LENGTH_MAX, visitedPerson: NAME_LENGTH_MAX, note: NOTE_LENGTH_MAX,
} as const;

/** Normalises and checks what came over the API or in a CSV. Without a login the first address is it. */
export function checkGuest(given: GuestSettings): GuestSettings | GuestProblem {
  const lines: Record<string, string> = {};
  for (const [field, lengthMax] of Object.entries(LINES) as [keyof typeof LINES, number][]) {
    const line = given[field].trim();
    if (line.length > lengthMax) return { field, reason: `must have at most ${lengthMax} characters` };
    if (CONTROL_CHARACTER.test(line)) return { field, reason: 'must be one line of visible characters' };
    lines[field] = line;
  }
  const language = given.language.trim().toLowerCase();
  if (!['', 'fr', 'en'].includes(language)) return { field: 'language', reason: 'must be fr or en, or empty for the installation\'s language' };
  const addresses = normalAddresses(given.addresses);
  if (!addresses) return { field: 'addresses', reason: 'must be e-mail addresses such as somebody@example.org' };
  if (addresses.length > ADDRESSES_OF_GUEST_MAX) return { field: 'addresses', reason: `must be at most ${ADDRESSES_OF_GUEST_MAX}` };
  const { login = '', ...others } = lines;
  const known = checkLogin(login, addresses);
  if (typeof known !== 'string') return known;
  const span = checkValidity(given);
  return span ?? { ...given, ...others, login: known, language, addresses };
}

export function isGuestProblem(checked: GuestSettings | GuestProblem): checked is GuestProblem {
  return 'reason' in checked;
}

/** By which a login is unique. */
export function loginKeyOf(login: string): string {
  return login.normalize('NFC').toLowerCase();
}

function normalAddresses(given: readonly string[]): string[] | undefined {
  const addresses = given.map((address) => parseMailAddress(address.trim())?.text);
  return addresses.includes(undefined) ? undefined : [...new Set(addresses.filter((address) => address !== undefined))];
}

function checkLogin(login: string, addresses: readonly string[]): string | GuestProblem {
  if (login === '') return addresses[0] ?? { field: 'login', reason: 'must be given where there is no address' };
  // At sign-in a directory's name stands in front of it.
  if (login.includes('\\')) return { field: 'login', reason: 'must have no \\ in it' };
  if (!login.includes('@')) return login;
  const address = parseMailAddress(login)?.text;
  if (address !== undefined && addresses.includes(address)) return address;
  return { field: 'login', reason: 'must be a name without @, or one of the guest\'s own addresses' };
}

/** The begin and the end of an account, alone or together. */
export function checkValidity({ validFrom, validUntil }: Pick<GuestSettings, 'validFrom' | 'validUntil'>): GuestProblem | undefined {
  for (const [field, instant] of Object.entries({ validFrom, validUntil })) {
    // An invalid date has no year.
    const year = instant?.getUTCFullYear() ?? YEAR_MIN;
    if (!(year >= YEAR_MIN && year <= YEAR_MAX)) return { field, reason: `must lie between the years ${YEAR_MIN} and ${YEAR_MAX}` };
  }
  if (validFrom && validUntil && validFrom >= validUntil) return { field: 'validUntil', reason: 'must lie after validFrom' };
  return undefined;
}
