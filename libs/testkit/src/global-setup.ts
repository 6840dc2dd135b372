import { join } from 'node:path';
import { startPostgres } from '@inkpost/local/embedded-postgres.js';
import { startRedis } from '@inkpost/local/embedded-redis.js';
import type { TestProject } from 'vitest/node';
import { freePort } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';

/** The servers that all test files of a run share: each takes a database of its own in them. */
export interface SharedServers {
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
  readonly redis: { readonly url: string };
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Absent in projects without this global set-up. */
    inkpostServers?: SharedServers;
  }
}

/**
 * Vitest's global set-up: one PostgreSQL and one Redis for the whole run, without fsync and without persistence.
 * Each project calls it; the first one starts the servers, for all.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.getProvidedContext().inkpostServers) return undefined;
  const folder = await temporaryFolder('run');
  const [postgresPort, redisPort] = [await freePort(), await freePort()];
  const [postgres, redis] = await Promise.all([
    startPostgres({ dataFolder: join(folder.path, 'postgres'), port: postgresPort, durable: false }),
    startRedis({ dataFolder: join(folder.path, 'redis'), port: redisPort, persistent: false }),
  ]);
  project.vitest.provide('inkpostServers', {
    postgres: { host: postgres.host, port: postgres.port, ...postgres.superuser },
    redis: { url: redis.url },
  });
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    await folder.remove();
  };
}
