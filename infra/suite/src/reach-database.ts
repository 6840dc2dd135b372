import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '@inkpost/local/embedded-postgres.js';
import { findRunningPostgres } from '@inkpost/local/running-postgres.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { inDatabase } from './embedded-stack.js';
import { lockFolder } from './folder-lock.js';

export interface ReachedDatabase {
  /** With the superuser's account. */
  readonly url: string;
  /** Ends what was started for this. */
  stop(): Promise<void>;
}

/** The embedded database of a folder, for a command beside `npm start`: the one that runs, or else one started for this. */
export async function reachEmbeddedDatabase(home: string): Promise<ReachedDatabase> {
  const dataFolder = join(home, 'postgres');
  const running = await findRunningPostgres(dataFolder);
  if (running !== undefined && (await connect(inDatabase(running)).then((client) => client.end().then(() => true), () => false))) return { url: inDatabase(running), stop: async () => undefined };
  const unlock = await lockFolder(home);
  try {
    const postgres = await startPostgres({ dataFolder, port: await freePort() });
    return {
      url: inDatabase(postgres.superuserUrl),
      stop: async () => {
        await postgres.stop();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

export async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000, application_name: 'inkpost-command' });
  await client.connect();
  return client;
}
