import { join } from 'node:path';
import { type EmbeddedPostgres, startPostgres } from '@inkpost/local/embedded-postgres.js';
import { type EmbeddedRedis, startRedis } from '@inkpost/local/embedded-redis.js';
import { freePort } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';

/** A server of the test's own, to be killed, emptied and started again; always on the same port and data. */
export interface OwnServer<Server> {
  /** The server as it runs now, or as it ran last. */
  readonly current: Server;
  /** Stops it cleanly; `start` brings it back. */
  stop(): Promise<void>;
  /** Ends it as a crash would (-9); `start` brings it back. */
  kill(): Promise<void>;
  start(): Promise<Server>;
  /** `stop` and `start`. */
  restart(): Promise<Server>;
  /** Stops it and removes its data: let `beforeAll` return it. */
  remove(): Promise<void>;
}

/** A PostgreSQL of its own; `durable` (default true) because such tests are about what survives. */
export async function startOwnPostgres(options: { readonly durable?: boolean } = {}): Promise<OwnServer<EmbeddedPostgres>> {
  const port = await freePort();
  return own('pg', (folder) => startPostgres({ dataFolder: join(folder, 'postgres'), port, ...options }));
}

/** A Redis of its own, for tests that kill it or send FLUSHALL; `persistent` (default true) = with append-only file. */
export async function startOwnRedis(options: { readonly persistent?: boolean } = {}): Promise<OwnServer<EmbeddedRedis>> {
  const port = await freePort();
  return own('redis', (folder) => startRedis({ dataFolder: join(folder, 'redis'), port, persistent: true, ...options }));
}

interface Stoppable {
  stop(): Promise<void>;
  kill(): Promise<void>;
}

async function own<Server extends Stoppable>(
  name: string,
  startIn: (folder: string) => Promise<Server>,
): Promise<OwnServer<Server>> {
  const folder = await temporaryFolder(name);
  let current = await startIn(folder.path).catch(async (error: unknown) => {
    await folder.remove();
    throw error;
  });
  const start = async (): Promise<Server> => {
    current = await startIn(folder.path);
    return current;
  };
  return {
    get current() {
      return current;
    },
    stop: () => current.stop(),
    kill: () => current.kill(),
    start,
    restart: async () => {
      await current.stop();
      return start();
    },
    remove: async () => {
      await current.stop();
      await folder.remove();
    },
  };
}
