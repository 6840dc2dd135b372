import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { beforeAll, expect, it } from 'vitest';
import { ExpiryWatch } from './expiry-watch.js';
import { OAuthHarness } from './oauth.harness.js';

const print = { address: 'print@test.example', password: 'print-secret' };
let harness: OAuthHarness;

beforeAll(async () => {
  harness = await OAuthHarness.start([print]);
  return () => harness.stop();
});

it('warns in the log once a day, and as a metric, of secrets and consents that run out within 30 days, and of those that have', async () => {
  const replica = harness.replica();
  const add = async (address: string, days: number) => {
    const id = await harness.addMailbox(address);
    await harness.superuser.query(`UPDATE mail_ingest.mailbox SET client_secret_expires_at = now() + $2 * interval '1 day' WHERE id = $1`, [id, days]);
    return id;
  };
  await add('later@test.example', 31);
  await add('soon@test.example', 7);
  await add('over@test.example', -1);
  const disabled = await add('disabled@test.example', 1);
  await harness.superuser.query('UPDATE mail_ingest.mailbox SET enabled = false WHERE id = $1', [disabled]);
  const associated = await harness.addMailbox(print.address);
  await harness.associate(replica, associated, print);
  await harness.superuser.query(`UPDATE mail_ingest.association SET grant_expires_at = now() + interval '3 days' WHERE mailbox_id = $1`, [associated]);

  const logged: Record<string, unknown>[] = [];
  const telemetry = new Telemetry({ processName: 'test', version: '0' });
  const watch = new ExpiryWatch(harness.pool, telemetry.meter('mail-ingest'), createLog('mail-ingest', 'info', { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) }));
  watch.onApplicationBootstrap();
  await expect.poll(() => logged.length).toBe(3);
  watch.onApplicationBootstrap();
  await watch.onModuleDestroy();
  expect(logged.map(({ event, level, mailbox, what }) => [event, level, mailbox, what]).sort((a, b) => String(a).localeCompare(String(b)))).toEqual([
    ['mailbox sign-in has run out', 'error', 'over@test.example', 'client-secret'],
    ['mailbox sign-in runs out soon', 'warning', print.address, 'grant'],
    ['mailbox sign-in runs out soon', 'warning', 'soon@test.example', 'client-secret'],
  ]);
  const metrics = await telemetry.metricsText();
  const daysOf = (mailbox: string) => Number(new RegExp(`^inkpost_mailbox_sign_in_days_left\\{[^}]*mailbox="${mailbox}"[^}]*\\} (\\S+)`, 'm').exec(metrics)?.[1]);
  expect(daysOf('later@test.example')).toBeCloseTo(31, 2);
  expect(daysOf('over@test.example')).toBeCloseTo(-1, 2);
});
