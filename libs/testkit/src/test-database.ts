import { createHash, randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { sharedServers } from './shared-servers.js';

/** How to reach a database as its superuser. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export interface TemplateDatabase {
  /** Tells templates apart, e.g. `suite`. */
  readonly name: string;
  /** What the content depends on, e.g. the migrations' texts: another fingerprint makes another template. */
  readonly fingerprint: string;
  /**
   * Fills the empty template: runs once per run, whoever comes first. Must close its connections. Roles belong to the whole
   * server, not to the template: creating them must tolerate that they exist, and give the same password every time.
   */
  readonly prepare: (admin: DatabaseAddress) => Promise<void>;
}

/** A database of the test file's own: a clone of a template, so a few ten milliseconds whatever the number of migrations. */
export interface TestDatabase extends DatabaseAddress {
  /** `postgres://…` for another account of the same database; the superuser's without one. */
  url(account?: { readonly user: string; readonly password: string }): string;
  /** Ends all its connections and removes it: let `beforeAll` return it. */
  drop(): Promise<void>;
}

/** Clones the template, making it first if nobody has; without a template the database is empty. */
export async function createTestDatabase(template?: TemplateDatabase): Promise<TestDatabase> {
  const { postgres } = sharedServers();
  const database = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(async (client) => {
    const source = template ? await ensureTemplate(client, template) : 'template0';
    await client.query(`CREATE DATABASE ${escapeIdentifier(database)} TEMPLATE ${escapeIdentifier(source)}`);
    // CREATE DATABASE copies everything but the grants on the database itself.
    await client.query(
      'UPDATE pg_database SET datacl = (SELECT datacl FROM pg_database WHERE datname = $1) WHERE datname = $2',
      [source, database],
    );
  });
  const address: DatabaseAddress = { ...postgres, database };
  return {
    ...address,
    url: ({ user, password } = address) =>
      `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${address.host}:${address.port}/${database}`,
    drop: () =>
      asSuperuser(async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
      }),
  };
}

/** Only the rename at the end makes a template visible, so that a failed `prepare` leaves none. */
async function ensureTemplate(client: Client, { name, fingerprint, prepare }: TemplateDatabase): Promise<string> {
  const template = `template_${name}_${createHash('sha256').update(fingerprint).digest('hex').slice(0, 16)}`;
  await client.query('SELECT pg_advisory_lock(hashtext($1))', [template]);
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount === 1) return template;
    const unfinished = `unfinished_${template}`;
    await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(unfinished)} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${escapeIdentifier(unfinished)} TEMPLATE template0`);
    await prepare({ ...sharedServers().postgres, database: unfinished });
    // A clone needs a template without connections: none are allowed any more.
    await client.query(`ALTER DATABASE ${escapeIdentifier(unfinished)} ALLOW_CONNECTIONS false`);
    await client.query(`ALTER DATABASE ${escapeIdentifier(unfinished)} RENAME TO ${escapeIdentifier(template)}`);
    return template;
  } finally {
    await client.query('SELECT pg_advisory_unlock(hashtext($1))', [template]);
  }
}

async function asSuperuser<Result>(act: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ ...sharedServers().postgres, database: 'postgres' });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
