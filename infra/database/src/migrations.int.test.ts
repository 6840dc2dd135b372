import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyMigrations } from '@inkpost/postgres/apply-migrations.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { openSchemaEngine, type SchemaTarget } from '@inkpost/postgres/schema-engine.js';
import { startOwnPostgres } from '@inkpost/testkit/own-servers.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { FUNCTION_SCHEMAS, SERVICES, type ServiceName, serviceMigrationsFolder } from './database-layout.js';
import { migrateDatabase } from './migrate-database.js';
import { runMigration } from './run-migration.js';

const PASSWORD = 'a pass\'word"';
const passwords = Object.fromEntries(SERVICES.map((service) => [service, PASSWORD])) as Record<ServiceName, string>;
const withDatabase = SERVICES.filter((service) => existsSync(join(serviceMigrationsFolder(service), '0001_initial')));

// Roles belong to the whole server, so these tests have one to themselves.
let server: Awaited<ReturnType<typeof startOwnPostgres>>;
let superuser: Client;
let folder: TemporaryFolder;
let databases = 0;

/** A new database; gives its URL for the superuser, or for the account that shall own it. */
async function newDatabase(owner?: string): Promise<string> {
  const name = `d${(databases += 1)}`;
  await superuser.query(`CREATE DATABASE ${name} ${owner ? `OWNER ${owner}` : ''}`);
  const url = new URL(server.current.superuserUrl);
  url.pathname = `/${name}`;
  if (owner) Object.assign(url, { username: owner, password: owner });
  return url.toString();
}

async function run<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function targetOf(url: string, schema: string): SchemaTarget {
  const { hostname, port, username, password, pathname } = new URL(url);
  return { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password), database: pathname.slice(1), schema };
}

/** Writes a migration into a folder of migrations; gives that folder. */
async function writeMigration(migrations: string, name: string, script: string): Promise<string> {
  const path = join(folder.path, migrations, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'migration.sql'), script);
  return join(folder.path, migrations);
}

beforeAll(async () => {
  server = await startOwnPostgres({ durable: false });
  folder = await temporaryFolder('migrations');
  superuser = new Client({ connectionString: server.current.superuserUrl });
  await superuser.connect();
  await superuser.query(`CREATE ROLE operator LOGIN CREATEROLE PASSWORD 'operator'`);
});

afterAll(async () => {
  await superuser.end();
  await server.remove();
  await folder.remove();
});

describe('a database that an operator owns who is no superuser', () => {
  // First, since these roles must be the operator's own.
  it('is brought to the present, and stays as it is the next time', async () => {
    const url = await newDatabase('operator');
    const applied = await migrateDatabase({ ownerUrl: url, passwords });
    expect(applied).toEqual(expect.arrayContaining(['journey/0001_initial', 'flow/0001_initial', 'spool/0001_initial', 'guest-account/0001_initial']));
    expect(await migrateDatabase({ ownerUrl: url, passwords })).toEqual([]);
  });
});

/** What it takes to go from the service's migrations to this text of its schema.prisma, as SQL; undefined: nothing. */
async function missingIn(service: ServiceName, datamodel: string): Promise<string | undefined> {
  const path = serviceMigrationsFolder(service);
  const script = await readFile(join(path, '0001_initial', 'migration.sql'), 'utf8');
  const { engine, close } = await openSchemaEngine(targetOf(server.current.superuserUrl, sqlName(service)));
  try {
    const { exitCode, stdout } = await engine.diff({
      from: {
        tag: 'migrations', baseDir: path, lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' }, shadowDbInitScript: '',
        migrationDirectories: [{ path: '0001_initial', migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } } }],
      },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: datamodel }] },
      script: true, exitCode: true, filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? undefined : (stdout ?? '');
  } finally {
    await close();
  }
}

describe.each(withDatabase)('the migrations of %s', (service) => {
  const schemaFile = join(serviceMigrationsFolder(service), '..', 'schema.prisma');

  it('give exactly what its schema.prisma says', async () => {
    expect(await missingIn(service, await readFile(schemaFile, 'utf8'))).toBeUndefined();
  });

  it('are told apart from a schema.prisma with one table more', async () => {
    const changed = `${await readFile(schemaFile, 'utf8')}\nmodel one_table_more {\n id Int @id\n}`;
    expect(await missingIn(service, changed)).toContain('one_table_more');
  });
});

describe('migrating a database', () => {
  it('happens once when four start together', async () => {
    const url = await newDatabase();
    const runs = await Promise.all(Array.from({ length: 4 }, () => migrateDatabase({ ownerUrl: url, passwords })));
    const [applied = [], ...others] = runs.sort((a, b) => b.length - a.length);
    expect(applied.length).toBe(FUNCTION_SCHEMAS.length + withDatabase.length);
    expect(others).toEqual([[], [], []]);
  });

  it('goes on side by side in two databases of one server', async () => {
    const [first, second] = [await newDatabase(), await newDatabase()];
    const runs = await Promise.all([first, second].map((url) => migrateDatabase({ ownerUrl: url, passwords })));
    expect(runs.map((applied) => applied.length)).toEqual([FUNCTION_SCHEMAS.length + withDatabase.length, FUNCTION_SCHEMAS.length + withDatabase.length]);
  });

  it('lets each service sign in with its password and touch its own data only, and never what was applied', async () => {
    const url = await newDatabase();
    await migrateDatabase({ ownerUrl: url, passwords });
    const own = new URL(url);
    Object.assign(own, { username: 'guest_account', password: encodeURIComponent(PASSWORD) });
    expect(await run(own.toString(), 'SELECT count(*)::int AS guests FROM guest')).toEqual([{ guests: 0 }]);
    await expect(run(own.toString(), 'SELECT 1 FROM print_submit.job')).rejects.toThrow('permission denied for schema print_submit');
    await expect(run(own.toString(), 'DELETE FROM _prisma_migrations')).rejects.toThrow('permission denied for table _prisma_migrations');
    await expect(run(own.toString(), 'CREATE TABLE mine ()')).rejects.toThrow('permission denied for schema guest_account');
  });

  it('takes back a right that the layout doesn\'t give', async () => {
    const url = await newDatabase();
    await migrateDatabase({ ownerUrl: url, passwords });
    await run(url, 'GRANT EXECUTE ON FUNCTION journey.search TO guest_account');
    await migrateDatabase({ ownerUrl: url, passwords });
    expect(await run(url, `SELECT has_function_privilege('guest_account', oid, 'EXECUTE') AS may FROM pg_proc WHERE proname = 'search' AND pronamespace = 'journey'::regnamespace`)).toEqual([{ may: false }]);
  });

  it('starts a migration again whose process was killed in the middle', async () => {
    const url = await newDatabase();
    const target = targetOf(url, 'public');
    const path = await writeMigration('killed', '0001_killed', 'CREATE TABLE half (id int PRIMARY KEY); CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;');
    expect(await applyMigrations(target, path)).toEqual(['0001_killed']);
    await run(url, 'DROP TABLE half; DROP FUNCTION one; UPDATE _prisma_migrations SET finished_at = NULL, applied_steps_count = 0');
    expect(await applyMigrations(target, path)).toEqual(['0001_killed']);
    expect(await run(url, 'SELECT one() FROM half')).toEqual([]);
  });

  it('records a migration in the same transaction that it runs in', async () => {
    const url = await newDatabase();
    const path = await writeMigration('watched', '0001_watched', `
      CREATE TABLE at_commit (finished boolean);
      CREATE TABLE watched (id int);
      CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO at_commit SELECT finished_at IS NOT NULL FROM _prisma_migrations; RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER watch AFTER INSERT ON watched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION watch();
      INSERT INTO watched VALUES (1);`);
    expect(await applyMigrations(targetOf(url, 'public'), path)).toEqual(['0001_watched']);
    expect(await run(url, 'SELECT finished FROM at_commit')).toEqual([{ finished: true }]);
  });

  it('says what is wrong in a migration, leaves nothing of it behind, and takes it once it is mended', async () => {
    const url = await newDatabase();
    const target = targetOf(url, 'public');
    const path = await writeMigration('broken', '0001_broken', 'CREATE TABLE fine (id int); CREATE TABEL broken (id int);');
    await expect(applyMigrations(target, path)).rejects.toThrow(/syntax error at or near "TABEL"[\s\S]*0001_broken/);
    await writeMigration('broken', '0001_broken', 'CREATE TABLE fine (id int);');
    expect(await applyMigrations(target, path)).toEqual(['0001_broken']);
  });
});

describe('the one-shot of the containers', () => {
  const environmentFor = (url: string) => ({ INKPOST_DATABASE_OWNER_URL: url, INKPOST_SECRETS_FOLDER: join(folder.path, 'secrets') });
  const withoutPassword = (url: string) => Object.assign(new URL(url), { password: '' }).toString();

  async function writeSecrets(ownerPassword: string): Promise<void> {
    for (const account of ['owner', ...SERVICES]) {
      await mkdir(join(folder.path, 'secrets', account), { recursive: true });
      await writeFile(join(folder.path, 'secrets', account, 'database-password'), `${account === 'owner' ? ownerPassword : PASSWORD}\n`);
    }
  }

  it('takes the passwords from the secrets folder and tells what it applied', async () => {
    const url = await newDatabase();
    await writeSecrets(decodeURIComponent(new URL(url).password));
    expect(await runMigration(environmentFor(withoutPassword(url)))).toMatchObject({ exitCode: 0, line: expect.stringMatching(/^Applied journey\/0001_initial, .*guest-account\/0001_initial/) });
    expect(await runMigration(environmentFor(withoutPassword(url)))).toEqual({ exitCode: 0, line: 'The database is at the present.' });
  });

  it('does not wait when the password is wrong, and never shows it', async () => {
    const url = await newDatabase();
    await writeSecrets('not-the-password');
    const { exitCode, line } = await runMigration(environmentFor(withoutPassword(url)));
    expect(exitCode).toBe(1);
    expect(line).toContain('password authentication failed');
    expect(line).not.toContain('not-the-password');
  });

  it('waits for a server that is still to come', async () => {
    const url = await newDatabase();
    await writeSecrets(decodeURIComponent(new URL(url).password));
    await superuser.end();
    await server.stop();
    const migration = runMigration(environmentFor(withoutPassword(url)));
    await server.start();
    superuser = new Client({ connectionString: server.current.superuserUrl });
    await superuser.connect();
    expect((await migration).exitCode).toBe(0);
  });

  it('gives up on a server that never comes', async () => {
    const url = 'postgres://postgres@127.0.0.1:1/inkpost';
    expect(await runMigration(environmentFor(url), 600)).toEqual({ exitCode: 1, line: expect.stringMatching(/The database does not answer.*ECONNREFUSED/) });
  });

  it('names a missing secret and a misspelt variable', async () => {
    expect((await runMigration({ ...environmentFor('postgres://x@127.0.0.1:1/x'), INKPOST_SECRETS_FOLDER: '/nowhere' })).line).toContain('/nowhere/owner/database-password');
    expect((await runMigration({ INKPOST_DATABASE_OWNER_URI: 'x' })).line).toContain('Did you mean INKPOST_DATABASE_OWNER_URL?');
  });
});
