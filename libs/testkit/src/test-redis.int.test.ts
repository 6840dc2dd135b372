import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { createTestRedis } from './test-redis.js';

const clients: Redis[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

function connect(url: string): Redis {
  const client = new Redis(url);
  clients.push(client);
  return client;
}

it('gives each test file keys of its own, which flushing the other does not touch', async () => {
  const [one, other] = [await createTestRedis(), await createTestRedis()];
  await connect(one.url).set('key', 'one');
  expect(await connect(other.url).get('key')).toBeNull();
  await connect(other.url).flushdb();
  expect(await connect(one.url).get('key')).toBe('one');
  await one.drop();
  expect(await connect(one.url).get('key')).toBeNull();
});
