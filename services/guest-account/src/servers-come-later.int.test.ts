import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfigs } from '@inkpost/config/config.js';
import { SERVICES, type ServiceName } from '@inkpost/database/database-layout.js';
import { migrateDatabase } from '@inkpost/database/migrate-database.js';
import { startService } from '@inkpost/service/start-service.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { startOwnPostgres, startOwnRedis } from '@inkpost/testkit/own-servers.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { guestAccountConfig } from './guest-account.config.js';
import { guestAccount } from './guest-account.module.js';

const telemetry = new Telemetry({ processName: 'test', version: '0' });
const removals: (() => Promise<unknown>)[] = [() => telemetry.stop()];

let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
let redis: Awaited<ReturnType<typeof startOwnRedis>>;
let environment: Readonly<Record<string, string>>;
let readyz: () => Promise<string>;
let migrate: () => Promise<unknown>;

beforeAll(async () => {
  const folder = await temporaryFolder('late');
  removals.unshift(() => folder.remove());
  [postgres, redis] = await Promise.all([startOwnPostgres({ durable: false }), startOwnRedis({ persistent: false })]);
  removals.unshift(() => postgres.remove(), () => redis.remove());
  const passwords = Object.fromEntries(SERVICES.map((service) => [service, 'Service-Passw0rd'])) as Record<ServiceName, string>;
  await mkdir(join(folder.path, 'guest-account'), { recursive: true });
  const secrets = { 'database-password': passwords['guest-account'], 'control-key': randomBytes(32).toString('hex'), 'master-key': randomBytes(32).toString('hex'), 'redis-password': redis.current.password };
  for (const [name, text] of Object.entries(secrets)) await writeFile(join(folder.path, 'guest-account', name), text);
  const port = await freePort();
  environment = {
    INKPOST_DATABASE_URL: `postgres://127.0.0.1:${new URL(postgres.current.superuserUrl).port}/postgres`, INKPOST_REDIS_URL: `redis://127.0.0.1:${new URL(redis.current.url).port}/0`,
    INKPOST_SECRETS_FOLDER: folder.path, INKPOST_LOG_LEVEL: 'fatal', INKPOST_GUEST_ACCOUNT_LISTEN: `127.0.0.1:${port}`,
  };
  readyz = () => fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.text(), () => 'no answer');
  migrate = () => migrateDatabase({ ownerUrl: postgres.current.superuserUrl, passwords });
  await Promise.all([postgres.stop(), redis.stop()]);
}, 60_000);

afterAll(async () => {
  for (const remove of removals) await remove();
});

function start(over?: AbortSignal) {
  const [config] = readConfigs([guestAccountConfig], environment);
  return startService(guestAccount, config, telemetry, '0', over && { over });
}

async function expectWaitingFor(what: RegExp): Promise<void> {
  await expect.poll(readyz, { timeout: 20_000 }).toMatch(what);
}

it('waits for PostgreSQL, its migration and Redis, whichever comes when, says so, and is ready when all are there', async () => {
  const starting = start();
  await expectWaitingFor(/^not ready: waits for PostgreSQL at 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  await postgres.start();
  // Its account is not made yet, as on the very first start.
  await expectWaitingFor(/^not ready: waits for PostgreSQL at .*: password authentication failed for user "guest_account"/);
  await migrate();
  await expectWaitingFor(/^not ready: waits for Redis at 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  await redis.start();
  await expectWaitingFor(/^ready$/m);
  await (await starting).stop();
}, 60_000);

it('ends its waiting at once when it is told to stop, and leaves its port free', async () => {
  await postgres.stop();
  const over = new AbortController();
  const starting = start(over.signal);
  await expectWaitingFor(/waits for PostgreSQL/);
  over.abort();
  await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
  await expectWaitingFor(/no answer/);
}, 60_000);
