import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { createPool, type Pool, sqlName } from '@inkpost/postgres/pool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { startOwnPostgres } from '@inkpost/testkit/own-servers.js';
import { createTestRedis, type TestRedis } from '@inkpost/testkit/test-redis.js';
import { SERVICES, type ServiceName } from './database-layout.js';
import { migrateDatabase } from './migrate-database.js';

const PASSWORD = 'a password';
const passwords = Object.fromEntries(SERVICES.map((service) => [service, PASSWORD])) as Record<ServiceName, string>;

let server: Awaited<ReturnType<typeof startOwnPostgres>>;
let redis: TestRedis;
let sender: FlowSender;
let superuser: Pool;
let producer: FlowClient;
let acceptance: FlowClient;
const pools: Pool[] = [];

function open(user: string, password: string): Pool {
  const pool = createPool({ url: server.current.superuserUrl, user, password });
  pools.push(pool);
  return pool;
}

beforeAll(async () => {
  server = await startOwnPostgres();
  await migrateDatabase({ ownerUrl: server.current.superuserUrl, passwords });
  redis = await createTestRedis();
  sender = new FlowSender(redis.url, createLog('test', 'fatal'));
  superuser = open('postgres', server.current.superuser.password);
  // Else it writes what nobody waits for five times a second.
  await superuser.query("ALTER SYSTEM SET wal_writer_delay = '10s'");
  producer = new FlowClient(open(sqlName('mail-ingest'), PASSWORD), sender);
  acceptance = new FlowClient(open(sqlName('acceptance'), PASSWORD), sender);
  await server.restart();
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await sender.stop();
  await redis.drop();
  await server.remove();
});

/** A message to acceptance, and another to print-submit, which stays open. */
async function publish(): Promise<{ readonly id: string; readonly journeyId: string }> {
  const journeyId = randomUUID();
  await producer.publish({ journeyId, entries: [], publish: [{ subject: 'mailbox.deleted.v1', payload: { mailboxId: journeyId } }] });
  const { rows: [message] } = await superuser.query<{ id: string }>("SELECT id FROM flow.message WHERE journey_id = $1 AND consumer = 'acceptance'", [journeyId]);
  return { id: message?.id ?? '', journeyId };
}

/** Handles it; undefined: it was handled before. */
function step({ id, journeyId }: { readonly id: string; readonly journeyId: string }) {
  const next = { subject: 'acceptance.sender-authentication-changed.v1', payload: { mailboxId: journeyId, mode: 'off' } } as const;
  return acceptance.step({ id }, { journeyId, entries: [{ step: 'deleted' }], publish: [next] }, { name: 'test', values: [], durable: 'with-the-next' });
}

/** What the database knows of it. */
async function known({ id, journeyId }: { readonly id: string; readonly journeyId: string }) {
  const { rows: [row] } = await superuser.query(
    `SELECT EXISTS (SELECT FROM flow.message WHERE id = $1) AS open, (SELECT count(*)::int FROM journey.entry WHERE message_id = $2) AS entries,
       (SELECT count(*)::int FROM flow.message WHERE journey_id = $2 AND producer = 'acceptance') AS published`, [id, journeyId]);
  return row as unknown;
}

async function crash(): Promise<void> {
  await server.kill();
  await server.start();
}

const NEVER_RAN = { open: true, entries: 0, published: 0 };
const DONE = { open: false, entries: 1, published: 1 };

describe('a step that is durable with the next one', () => {
  it('never ran, and can be done, when the database is killed before it wrote it', async () => {
    const message = await publish();
    await step(message);
    expect(await known(message)).toEqual(DONE);
    const { rows: [lost] } = await superuser.query<{ id: string }>("SELECT id FROM flow.message WHERE journey_id = $1 AND producer = 'acceptance'", [message.journeyId]);
    await crash();
    expect(await known(message)).toEqual(NEVER_RAN);
    // Whoever still carries what it published finds it handled, and writes nothing.
    const mailIngest = producer;
    expect(await mailIngest.step({ id: lost?.id ?? '' }, { journeyId: message.journeyId, entries: [{ step: 'twice' }], publish: [] })).toBeUndefined();
    expect(await step(message)).toBeDefined();
    expect(await known(message)).toEqual(DONE);
  });

  it('is there once a commit that waits for the disk came after it, whoever made that', async () => {
    const message = await publish();
    await step(message);
    await publish();
    await crash();
    expect(await known(message)).toEqual(DONE);
    expect(await step(message)).toBeUndefined();
  });

  it('waits for the disk itself where it is not said to be', async () => {
    const message = await publish();
    await acceptance.step({ id: message.id }, { journeyId: message.journeyId, entries: [{ step: 'deleted' }], publish: [] });
    await crash();
    expect(await known(message)).toEqual({ open: false, entries: 1, published: 0 });
  });
});
