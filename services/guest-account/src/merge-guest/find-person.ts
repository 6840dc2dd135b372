import { type DirectoryConfiguration, GUESTS } from '../directories/directory.js';
import { askDirectories } from '../find-person/ask-directories.js';
import type { LiveDirectories } from '../find-person/live-directories.js';
import type { DirectoryPerson } from '../ports/directory.port.js';
import type { AccountFinder } from '../sign-in/account-finder.js';

/** Somebody of a directory, who has one address at least, and the directory's name. */
export interface PersonToMerge {
  readonly directory: string;
  readonly person: DirectoryPerson;
}

interface FindPersonParts {
  readonly load: () => Promise<DirectoryConfiguration>;
  readonly live: LiveDirectories;
  readonly accounts: AccountFinder;
}

/** Looks for whom a guest is merged into. A directory that can't be asked throws its `Failure`. */
export class FindPerson {
  constructor(private readonly parts: FindPersonParts) {}

  async byLogin(directoryId: string, login: string): Promise<PersonToMerge | 'no-directory' | 'nobody'> {
    if (directoryId === GUESTS) return 'no-directory';
    const found = await this.parts.accounts.inDirectory(directoryId, login);
    if (typeof found === 'string') return found;
    return found.person.addresses.length === 0 ? 'nobody' : { directory: found.directory.name, person: found.person };
  }

  /** Whoever the directories know by the first of these addresses that they know, in the order in which owners of mails are looked for. */
  async byAddresses(addresses: readonly string[]): Promise<PersonToMerge | 'nobody'> {
    const { revision } = await this.parts.load();
    const directories = (await this.parts.live.order(revision)).filter(({ live }) => live !== undefined);
    for (const address of addresses) {
      const found = await askDirectories(directories, address, async () => undefined);
      if (found.kind === 'person') return found;
    }
    return 'nobody';
  }
}
