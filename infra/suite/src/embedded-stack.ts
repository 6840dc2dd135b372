import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrateDatabase } from '@inkpost/database/migrate-database.js';
import { waitForPostgres } from '@inkpost/database/wait-for-postgres.js';
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

const DATABASE = 'inkpost';

/** One that is given may be starting too, as after the machine was. */
const GIVEN_POSTGRES_WAIT_MS = 180_000;

async function ensureDatabase(superuserUrl: string): Promise<void> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** Of a server's URL: our database there. */
export function inDatabase(serverUrl: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${DATABASE}`;
  return url.toString();
}

function withoutAccount(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.toString();
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
    const given = options.databaseOwnerUrl;
    const database = given !== undefined ? { ownerUrl: given, servicesUrl: given } : await runStep('PostgreSQL', async () => {
      const postgres = await startPostgres({ dataFolder: join(folder, 'postgres'), port: await freePort(), durable: options.durable ?? true, ...notice });
      stops.push(() => postgres.stop());
      await ensureDatabase(postgres.superuserUrl);
      return { ownerUrl: inDatabase(postgres.superuserUrl), servicesUrl: inDatabase(postgres.socketUrl) };
    });
    const redisUrl = options.redisUrl ?? (await runStep('Redis', async () => {
      const redis = await startRedis({ dataFolder: join(folder, 'redis'), port: await freePort(), persistent: true });
      stops.push(() => redis.stop());
      return redis.url;
    }));
    const redisPassword = decodeURIComponent(new URL(redisUrl).password);
    const secrets = await ensureSecrets({ folder: join(folder, 'secrets'), redisPassword });
    await runStep('Database up to date', async () => {
      await waitForPostgres(database.ownerUrl, GIVEN_POSTGRES_WAIT_MS);
      return migrateDatabase({ ownerUrl: database.ownerUrl, passwords: secrets.databasePasswords });
    });
    return { databaseUrl: withoutAccount(database.servicesUrl), databaseOwnerUrl: database.ownerUrl, redisUrl: withoutAccount(redisUrl), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
