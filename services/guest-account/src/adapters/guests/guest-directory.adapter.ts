import { type Pool, query } from '@inkpost/postgres/pool.js';
import { passed } from '@inkpost/server-connection/run-steps.js';
import { TEST_STEP_MAX_MS } from '../../limits.js';
import type { DirectoryPerson, Found, PeopleDirectory, WayToDirectory } from '../../ports/directory.port.js';

const FIND = `SELECT account_id AS "accountId", address, display_name AS "displayName", language, locked FROM guest WHERE address = $1`;

interface Row {
  readonly accountId: string;
  readonly address: string;
  readonly displayName: string;
  readonly language: string;
  readonly locked: boolean;
}

/** The guest base as a directory: a guest's login is the address, and none has a password. */
export class GuestDirectory implements PeopleDirectory {
  constructor(private readonly pool: Pool) {}

  async findByAddress(address: string): Promise<Found> {
    const [guest] = await query<Row>(this.pool, 'guest-directory.find', FIND, [address]);
    return guest ? { kind: 'found', person: toPerson(guest) } : { kind: 'nobody' };
  }

  async findByLogin(login: string): Promise<Found> {
    return this.findByAddress(login.toLowerCase());
  }

  async groupsOf(): Promise<readonly string[]> {
    return [];
  }

  async checkCredentials(): Promise<boolean> {
    return false;
  }

  testWay(): WayToDirectory {
    return {
      steps: [{
        name: 'people', withinMs: TEST_STEP_MAX_MS, silence: 'The database does not answer.',
        run: async () => {
          const [row] = await query<{ count: number }>(this.pool, 'guest-directory.count', 'SELECT count(*) AS count FROM guest', []);
          return passed(`Guests: ${row?.count ?? 0}.`);
        },
      }],
      close: async () => undefined,
    };
  }

  close(): void {
    // The pool is the service's.
  }
}

function toPerson({ accountId, address, ...guest }: Row): DirectoryPerson {
  return { accountId, reference: accountId, login: address, addresses: [address], ...guest };
}
