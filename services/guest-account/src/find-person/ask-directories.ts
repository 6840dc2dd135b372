import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import type { DirectoryPerson } from '../ports/directory.port.js';
import type { LiveDirectory } from './live-directory.js';

/** A member of META as it is asked; the guest base has no adapter here: whoever asks says how guests are found. */
export interface AskedDirectory {
  readonly name: string;
  /** Undefined: the guest base. */
  readonly live: LiveDirectory | undefined;
}

/** Somebody of another directory than the guest base. */
export interface PersonOfDirectory {
  readonly kind: 'person';
  /** The name of the one that answered. */
  readonly directory: string;
  readonly person: DirectoryPerson;
  readonly groups: readonly string[];
  /** Why the groups are not known; undefined: they are. */
  readonly groupsProblem: string | undefined;
  /** 0: the directory was asked now. */
  readonly ageSeconds: number;
  /** Names of those that were asked before, in vain. */
  readonly asked: readonly string[];
}

/** Who answered, and who was asked before in vain. */
export type PersonLookup<Guest> =
  | PersonOfDirectory
  | { readonly kind: 'guest'; readonly directory: string; readonly guest: Guest; readonly asked: readonly string[] }
  | { readonly kind: 'ambiguous'; readonly directory: string; readonly logins: readonly string[]; readonly asked: readonly string[] }
  | { readonly kind: 'nobody'; readonly asked: readonly string[] };

/**
 * Asks one directory after the other until one knows the address. Their order says whose account is charged: so one that is down is
 * waited for, whatever those below it know. `findGuest` is called where it is the guest base's turn. Throws `CauseDown`, which names it.
 */
export async function askDirectories<Guest>(order: readonly AskedDirectory[], address: string, findGuest: () => Promise<Guest | undefined>): Promise<PersonLookup<Guest>> {
  const asked: string[] = [];
  for (const { name: directory, live } of order) {
    const naming = (error: unknown): never => {
      throw namingDirectory(directory, error);
    };
    if (live) {
      const { found, ...answer } = await live.findByAddress(address).catch(naming);
      if (found.kind === 'found') return { kind: 'person', directory, person: found.person, ...answer, asked };
      if (found.kind === 'ambiguous') return { kind: 'ambiguous', directory, logins: found.logins, asked };
    } else {
      const guest = await findGuest().catch(naming);
      if (guest) return { kind: 'guest', directory, guest, asked };
    }
    asked.push(directory);
  }
  return { kind: 'nobody', asked };
}

/** Whatever keeps a directory from answering is waited for: it is never the sender's fault. */
function namingDirectory(directory: string, error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  return new CauseDown('directory.down', `The directory ${directory} can't be asked. ${error.message}`, { cause: error, fields: { directory } });
}
