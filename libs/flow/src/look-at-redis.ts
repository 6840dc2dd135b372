import { Redis } from 'ioredis';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';

const LOOK_TIMEOUT_MS = 5_000;

/** No password, a wrong one, or an account that may not (Redis, ACL). */
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM)\b/;

/**
 * Resolves when Redis answers. Throws `CauseDown` while it is away or still loading its data, `PermanentFailure` when it refuses the
 * account. Both say why in one line without secrets.
 */
export async function lookAtRedis(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, enableReadyCheck: false, connectTimeout: LOOK_TIMEOUT_MS, commandTimeout: LOOK_TIMEOUT_MS,
  });
  // Tells more than the rejection that follows it, "Connection is closed.".
  let told: Error | undefined;
  redis.on('error', (error: Error) => {
    told ??= error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw failureOf(told ?? error);
  } finally {
    redis.disconnect();
  }
}

function failureOf(error: unknown): CauseDown | PermanentFailure {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  const reason = message || code || String(error);
  if (!REFUSED.test(reason)) return new CauseDown('redis.unreachable', reason, { cause: error });
  return new PermanentFailure('redis.refused', `${reason}: is the secret "redis-password" that of this Redis?`, { cause: error });
}
