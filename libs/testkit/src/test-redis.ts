import { Redis } from 'ioredis';
import { sharedServers } from './shared-servers.js';

/**
 * A logical database of the test file's own in the shared Redis. FLUSHDB touches nobody else; publish/subscribe and FLUSHALL
 * do: for these take `startOwnRedis`.
 */
export interface TestRedis {
  /** `redis://…/<number>` */
  readonly url: string;
  /** Empties it: let `beforeAll` return it. */
  drop(): Promise<void>;
}

/** Database 0 only counts which numbers are taken. */
export async function createTestRedis(): Promise<TestRedis> {
  const server = sharedServers().redis.url;
  const url = `${server}/${await withRedis(server, (redis) => redis.incr('inkpost:test-databases'))}`;
  return {
    url,
    drop: async () => {
      await withRedis(url, (redis) => redis.flushdb());
    },
  };
}

async function withRedis<Result>(url: string, act: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}
