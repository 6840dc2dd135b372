import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestDatabase, type TestDatabase } from '@inkpost/testkit/test-database.js';

const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));
const SCHEMA = `datasource db {\n  provider = "postgresql"\n}\n\nmodel paper {\n  id Int @id\n}\n`;

let database: TestDatabase;
let folder: TemporaryFolder;

/** Runs `prisma` on the temporary project, as a developer does; gives its exit code and what it printed. */
async function prismaOn(databaseUrl: string, ...words: readonly string[]): Promise<{ code: number; output: string }> {
  const options = {
    cwd: join(projectFolder, 'infra/database'),
    env: {
      ...process.env, NO_COLOR: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1',
      PRISMA_SCHEMA_ENGINE_BINARY: join(projectFolder, 'infra/database/schema-engine.mjs'), INKPOST_DATABASE_OWNER_URL: databaseUrl,
    },
  };
  const program = join(projectFolder, 'node_modules/.bin/prisma');
  return promisify(execFile)(program, [...words, '--config', 'developer-prisma.config.ts'], options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, output: error.stdout + error.stderr }),
  );
}

const prisma = (...words: readonly string[]) => prismaOn(`${database.url()}?schema=papers`, ...words);
const schemaFile = () => join(folder.path, 'schema.prisma');

async function writeMigration(name: string, script: string): Promise<void> {
  await mkdir(join(folder.path, 'migrations', name), { recursive: true });
  await writeFile(join(folder.path, 'migrations', name, 'migration.sql'), script);
}

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await temporaryFolder('prisma');
  await writeFile(schemaFile(), SCHEMA);
  await writeMigration('0001_initial', 'CREATE TABLE paper (id integer NOT NULL, CONSTRAINT paper_pkey PRIMARY KEY (id));\n');
  await writeFile(join(folder.path, 'migrations/migration_lock.toml'), 'provider = "postgresql"\n');
});

afterAll(async () => {
  await database.drop();
  await folder.remove();
});

describe('the prisma command with our engine', { timeout: 180_000 }, () => {
  it('deploys migrations and knows afterwards that all is applied', async () => {
    expect(await prisma('migrate', 'status', '--schema', schemaFile())).toMatchObject({ code: 1, output: expect.stringContaining('not yet been applied:\n0001_initial') });
    expect(await prisma('migrate', 'deploy', '--schema', schemaFile())).toMatchObject({ code: 0, output: expect.stringContaining('0001_initial') });
    expect(await prisma('migrate', 'status', '--schema', schemaFile())).toMatchObject({ code: 0, output: expect.stringContaining('up to date') });
  });

  it('tells by its exit code whether the migrations give the schema', async () => {
    const difference = ['migrate', 'diff', '--from-migrations', join(folder.path, 'migrations'), '--to-schema', schemaFile(), '--exit-code'];
    expect(await prisma(...difference)).toMatchObject({ code: 0, output: expect.stringContaining('No difference detected') });
    await writeFile(schemaFile(), SCHEMA.replace('@id', '@id\n  colour String @default("white")'));
    expect(await prisma(...difference)).toMatchObject({ code: 2, output: expect.stringContaining('Added column `colour`') });
  });

  it('writes the migration that is missing, and applies it', async () => {
    expect(await prisma('migrate', 'dev', '--schema', schemaFile(), '--name', 'More colours')).toMatchObject({ code: 0, output: expect.stringContaining('now in sync') });
    const [made = ''] = (await readdir(join(folder.path, 'migrations'))).filter((name) => name.endsWith('_more_colours'));
    expect(await readFile(join(folder.path, 'migrations', made, 'migration.sql'), 'utf8')).toContain('ADD COLUMN     "colour" TEXT NOT NULL');
    expect(await prisma('migrate', 'status', '--schema', schemaFile())).toMatchObject({ code: 0, output: expect.stringContaining('2 migrations found') });
  });

  it('leaves no shadow database behind', async () => {
    const client = new Client({ connectionString: database.url() });
    await client.connect();
    const { rows } = await client.query(`SELECT datname FROM pg_database WHERE datname LIKE 'prisma_shadow_%'`);
    await client.end();
    expect(rows).toEqual([]);
  });

  it('says what is wrong when the database is not there', async () => {
    const missing = Object.assign(new URL(database.url()), { pathname: '/not_there' }).toString();
    expect(await prismaOn(missing, 'migrate', 'status', '--schema', schemaFile())).toMatchObject({ code: 1, output: expect.stringMatching(/P1003[\s\S]*not_there/) });
  });
});
