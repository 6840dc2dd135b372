import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { GUESTS } from '../directories/directory.js';
import type { PersonOfDirectory } from '../find-person/ask-directories.js';
import type { AccountFinder, FoundAccount } from '../sign-in/account-finder.js';
import { parseAccountName } from '../sign-in/account-name.js';

/** Whose a login is, for whom somebody else hands a document in. */
export interface LoginOwner {
  /** The main one: where mails go, and by which the account is known from here on. */
  readonly address: string;
  /** The name of the directory. */
  readonly directory: string;
  /** Undefined: a guest, who is looked for by the address. */
  readonly person: PersonOfDirectory | undefined;
}

/** Finds people by login, as somebody types it: `DIRECTORY\login`, or a login alone. */
export class LoginOwners {
  constructor(private readonly accounts: Pick<AccountFinder, 'byName'>) {}

  /** Undefined: nobody's, or somebody's without an address. Throws the `CauseDown` of a directory that can't be asked. */
  async find(login: string): Promise<LoginOwner | undefined> {
    const found = await this.accounts.byName(parseAccountName(login), 'with-or-without-password').catch((error: unknown) => {
      throw error instanceof Failure ? new CauseDown('directory.down', `A directory can't be asked. ${error.message}`, { cause: error }) : error;
    });
    const [address] = found?.person.addresses ?? [];
    if (!found || address === undefined) return undefined;
    const { directory: { name: directory, directoryId }, person } = found;
    if (directoryId === GUESTS) return { address, directory, person: undefined };
    return { address, directory, person: { kind: 'person', directory, person, ...(await groupsOf(found)), ageSeconds: 0, asked: [] } };
  }
}

/** Who may not read groups reads people all the same. */
async function groupsOf({ people, person }: FoundAccount): Promise<Pick<PersonOfDirectory, 'groups' | 'groupsProblem'>> {
  try {
    return { groups: person.groups ?? (await people.groupsOf(person)), groupsProblem: undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { groups: [], groupsProblem: error.message };
  }
}
