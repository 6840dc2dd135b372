import { expect, it } from 'vitest';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { lookAtRedis } from './look-at-redis.js';

it('tells a Redis that is there from one that comes back by itself and one that a person has to correct', async () => {
  const redis = await createTestRedis();
  const { url } = redis;
  await expect(lookAtRedis(url)).resolves.toBeUndefined();
  await redis.drop();
  const at = (change: (url: URL) => void): Promise<unknown> => {
    const changed = new URL(url);
    change(changed);
    return lookAtRedis(changed.toString()).catch((error: unknown) => error);
  };
  const port = await freePort();
  const nowhere = await at((changed) => void (changed.port = String(port)));
  expect(nowhere).toBeInstanceOf(CauseDown);
  expect(nowhere).toMatchObject({ message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${port}`) });
  for (const password of ['', 'wrong']) {
    const refused = await at((changed) => void (changed.password = password));
    expect(refused).toBeInstanceOf(PermanentFailure);
    expect(refused).toMatchObject({ message: expect.stringMatching(/^(NOAUTH|WRONGPASS).*is the secret "redis-password" that of this Redis\?$/) });
  }
});
