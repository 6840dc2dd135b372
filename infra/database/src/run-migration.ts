import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigOf, type Environment, readConfigs } from '@inkpost/config/config.js';
import { text, url } from '@inkpost/config/variables.js';
import { Failure } from '@inkpost/failure/failure.js';
import { SERVICES, type ServiceName } from './database-layout.js';
import { migrateDatabase } from './migrate-database.js';
import { waitForPostgres } from './wait-for-postgres.js';

const migrateConfig = {
  ownerUrl: url('INKPOST_DATABASE_OWNER_URL', 'Database and account that owns it, postgres://user@host:port/database; the password is read from the secrets folder.', ['postgres', 'postgresql'], 'postgres://postgres@127.0.0.1:5432/inkpost'),
  secretsFolder: text('INKPOST_SECRETS_FOLDER', 'Folder of secrets, one sub-folder per service, and `owner`.', '/run/secrets/inkpost'),
};

const POSTGRES_WAIT_MS = 60_000;

async function readPassword(folder: string, account: string): Promise<string> {
  const path = join(folder, account, 'database-password');
  const password = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (password === '') throw new Error(`The secret ${path} can't be read or is empty.`);
  return password;
}

async function migrate({ ownerUrl, secretsFolder }: ConfigOf<typeof migrateConfig>, waitMs: number): Promise<string[]> {
  const owner = new URL(ownerUrl);
  if (owner.password === '') owner.password = encodeURIComponent(await readPassword(secretsFolder, 'owner'));
  const passwords = await Promise.all(SERVICES.map(async (service) => [service, await readPassword(secretsFolder, service)]));
  await waitForPostgres(owner.toString(), waitMs);
  return migrateDatabase({ ownerUrl: owner.toString(), passwords: Object.fromEntries(passwords) as Record<ServiceName, string> });
}

/** The reason in words: a failure's own message says what, its cause why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof Failure && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}

/**
 * The one-shot of the containers, before any service starts: reads its variables and secrets, waits for Postgres, migrates.
 * Gives the line to print and the exit code; 0: the database is at the present.
 */
export async function runMigration(environment: Environment, waitMs = POSTGRES_WAIT_MS): Promise<{ readonly line: string; readonly exitCode: 0 | 1 }> {
  try {
    const [config] = readConfigs([migrateConfig], environment);
    const applied = await migrate(config, waitMs);
    return { line: applied.length === 0 ? 'The database is at the present.' : `Applied ${applied.join(', ')}.`, exitCode: 0 };
  } catch (error) {
    return { line: `The database can't be migrated: ${reasonOf(error)}`, exitCode: 1 };
  }
}
