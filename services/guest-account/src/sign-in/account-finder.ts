import { type DirectoryConfiguration, GUESTS, type StoredDirectory } from '../directories/directory.js';
import type { DirectoryPerson, PeopleDirectory } from '../ports/directory.port.js';
import { type AccountName, loginKey } from './account-name.js';

/** Somebody of a directory, and where. */
export interface FoundAccount {
  readonly directory: StoredDirectory;
  readonly people: PeopleDirectory;
  readonly person: DirectoryPerson;
}

export interface AccountFinderParts {
  readonly load: () => Promise<DirectoryConfiguration>;
  /** Undefined: META, which has no people of its own. */
  readonly peopleOf: (directory: StoredDirectory) => PeopleDirectory | undefined;
}

/** Looks for accounts by login. What can't be asked throws a `Failure`. */
export class AccountFinder {
  constructor(private readonly parts: AccountFinderParts) {}

  /**
   * As somebody types it. Directories that check no passwords aren't asked for who signs in with one. A login alone is of the first directory that knows it, in the order in which owners of mails are
   * looked for: whoever has the same login further down names the directory too.
   */
  async byName({ directory: name, login }: AccountName, ask: 'with-password' | 'with-or-without-password' = 'with-password'): Promise<FoundAccount | undefined> {
    const configuration = await this.parts.load();
    const candidates = name === undefined ? inOrder(configuration) : configuration.directories.filter((directory) => isCalled(directory, name));
    for (const directory of candidates) {
      if (ask === 'with-password' && this.parts.peopleOf(directory)?.noPasswords !== undefined) continue;
      const found = await this.ask(directory, login);
      if (found) return found;
    }
    return undefined;
  }

  /** By an address in normal form: whoever the first directory knows by it, in the order in which owners of mails are looked for; or the directory of this name. Of several people nobody. */
  async byAddress(address: string, directoryName?: string): Promise<FoundAccount | undefined> {
    if (address === '') return undefined;
    const configuration = await this.parts.load();
    const candidates = directoryName === undefined ? inOrder(configuration) : configuration.directories.filter((directory) => isCalled(directory, directoryName));
    for (const directory of candidates) {
      const people = this.parts.peopleOf(directory);
      const found = await people?.findByAddress(address);
      if (people && found?.kind === 'found') return { directory, people, person: found.person };
      if (found?.kind === 'ambiguous') return undefined;
    }
    return undefined;
  }

  async inDirectory(directoryId: string, login: string): Promise<FoundAccount | 'no-directory' | 'nobody'> {
    const { directories } = await this.parts.load();
    const directory = directories.find((each) => each.directoryId === directoryId);
    if (!directory || directory.settings.kind === 'meta') return 'no-directory';
    return (await this.ask(directory, login)) ?? 'nobody';
  }

  private async ask(directory: StoredDirectory, login: string): Promise<FoundAccount | undefined> {
    const people = this.parts.peopleOf(directory);
    if (!people || login === '') return undefined;
    const found = await people.findByLogin(login);
    // A server may take other texts for the same login; guesses are counted by the one that was typed.
    if (found.kind !== 'found' || loginKey(found.person.login) !== loginKey(login)) return undefined;
    return { directory, people, person: found.person };
  }
}

function inOrder({ directories, defaultDirectoryId }: DirectoryConfiguration): StoredDirectory[] {
  const first = directories.find(({ directoryId }) => directoryId === defaultDirectoryId);
  const ids = [...(first?.settings.kind === 'meta' ? first.settings.members : [defaultDirectoryId]), GUESTS];
  return [...new Set(ids)].flatMap((id) => directories.find(({ directoryId }) => directoryId === id) ?? []);
}

function isCalled({ name, aliases }: StoredDirectory, text: string): boolean {
  return [name, ...aliases].some((each) => each.toLowerCase() === text.toLowerCase());
}
