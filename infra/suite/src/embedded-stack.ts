import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrateDatabase } from '@inkpost/database/migrate-database.js';
import { startPostgres } from '@inkpost/local/embedded-postgres.js';
import { startRedis } from '@inkpost/local/embedded-redis.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { ensureSecrets } from './ensure-secrets.js';

/** Wraps each step of the set-up, so that whoever starts it can show progress. */
export type RunStep = <Result>(title: string, act: () => Promise<Result>) => Promise<Result>;

export interface StackOptions {
  readonly folder: string;
  /** Of an existing server, with an account that may create roles; absent: an embedded Postgres. */
  readonly databaseOwnerUrl?: string | undefined;
  /** Of an existing server, its password included; absent: an embedded Redis. */
  readonly redisUrl?: string | undefined;
  readonly durable?: boolean;
  readonly runStep: RunStep;
  readonly onNotice?: (text: string) => void;
}

/** Postgres, Redis and secrets, ready for a suite. */
export interface Stack {
  /** Without an account. */
  readonly databaseUrl: string;
  /** Its owner's account, for looking behind the services in tests. */
  readonly databaseOwnerUrl: string;
  /** Without its password, which lies in the secrets. */
  readonly redisUrl: string;
  stop(): Promise<void>;
}

export const DATABASE = 'inkpost';
/** In the suite's folder: where its database was last, without an account. An embedded one has another port at each start. */
const DATABASE_URL_FILE = 'database-url';

async function ensureDatabase(superuserUrl: string): Promise<string> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
  const url = new URL(superuserUrl);
  url.pathname = `/${DATABASE}`;
  return url.toString();
}

function withoutAccount(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.toString();
}

/** For commands beside a running suite: its database, without an account. */
export async function databaseUrlOf(folder: string): Promise<string> {
  const text = await readFile(join(folder, DATABASE_URL_FILE), 'utf8').catch((cause: unknown) => {
    throw new Error(`Nothing was ever started in ${folder}: run "npm start" first, or say where the data is by INKPOST_HOME.`, { cause });
  });
  return text.trim();
}

/** Starts what is not given, makes the secrets, and brings the database to the present. Whatever fails, nothing is left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, runStep } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.toReversed()) await each();
  };
  try {
    // Postgres runs as another account than root and must be able to pass through.
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o711);
    const notice = options.onNotice ? { onNotice: options.onNotice } : {};
    const databaseOwnerUrl = options.databaseOwnerUrl ?? (await runStep('PostgreSQL', async () => {
      const postgres = await startPostgres({ dataFolder: join(folder, 'postgres'), port: await freePort(), durable: options.durable ?? true, ...notice });
      stops.push(() => postgres.stop());
      return ensureDatabase(postgres.superuserUrl);
    }));
    const redisUrl = options.redisUrl ?? (await runStep('Redis', async () => {
      const redis = await startRedis({ dataFolder: join(folder, 'redis'), port: await freePort(), persistent: true });
      stops.push(() => redis.stop());
      return redis.url;
    }));
    const redisPassword = decodeURIComponent(new URL(redisUrl).password);
    const secrets = await ensureSecrets({ folder: join(folder, 'secrets'), redisPassword });
    await runStep('Database up to date', () => migrateDatabase({ ownerUrl: databaseOwnerUrl, passwords: secrets.databasePasswords }));
    const databaseUrl = withoutAccount(databaseOwnerUrl);
    await writeFile(join(folder, DATABASE_URL_FILE), `${databaseUrl}\n`);
    return { databaseUrl, databaseOwnerUrl, redisUrl: withoutAccount(redisUrl), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
