import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { ADDRESSES_OF_PERSON_MAX, GROUP_NAME_LENGTH_MAX, GROUPS_MAX, LOGIN_LENGTH_MAX, NAME_LENGTH_MAX } from '../limits.js';

/** What an administrator sets of a person in a local directory; the password apart. */
export interface PersonSettings {
  readonly login: string;
  readonly displayName: string;
  /** In normal form, at least one, each once; the first one is where mails go. */
  readonly addresses: readonly string[];
  /** fr, en, or empty: the installation's. */
  readonly language: string;
  readonly groups: readonly string[];
  readonly locked: boolean;
}

/** What is wrong with a field, and what to do. */
export interface PersonProblem {
  readonly field: keyof PersonSettings;
  readonly reason: string;
}

const CONTROL_CHARACTER = /[\p{Cc}\p{Cf}]/u;

/** Normalises and checks what came over REST or in a CSV. */
export function checkPerson(given: PersonSettings): PersonSettings | PersonProblem {
  const login = given.login.trim();
  if (login === '' || !isLine(login, LOGIN_LENGTH_MAX)) return { field: 'login', reason: `must be one line of 1 to ${LOGIN_LENGTH_MAX} visible characters` };
  const displayName = given.displayName.trim();
  if (!isLine(displayName, NAME_LENGTH_MAX)) return { field: 'displayName', reason: `must be one line of at most ${NAME_LENGTH_MAX} visible characters` };
  const language = given.language.trim().toLowerCase();
  if (!['', 'fr', 'en'].includes(language)) return { field: 'language', reason: 'must be fr or en, or empty for the installation\'s language' };
  const addresses = [...new Set(given.addresses.map((address) => parseMailAddress(address.trim())?.text))];
  if (addresses.length === 0 || addresses.length > ADDRESSES_OF_PERSON_MAX) return { field: 'addresses', reason: `must be 1 to ${ADDRESSES_OF_PERSON_MAX}` };
  const known = addresses.filter((address) => address !== undefined);
  if (known.length < addresses.length) return { field: 'addresses', reason: 'must be e-mail addresses such as somebody@example.org' };
  const groups = [...new Set(given.groups.map((group) => group.trim()))];
  if (groups.length > GROUPS_MAX || groups.some((group) => group === '' || !isLine(group, GROUP_NAME_LENGTH_MAX))) {
    return { field: 'groups', reason: `must be at most ${GROUPS_MAX} names of 1 to ${GROUP_NAME_LENGTH_MAX} visible characters` };
  }
  return { login, displayName, language, addresses: known, groups, locked: given.locked };
}

export function isProblem(checked: PersonSettings | PersonProblem): checked is PersonProblem {
  return 'reason' in checked;
}

function isLine(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && !CONTROL_CHARACTER.test(text);
}
