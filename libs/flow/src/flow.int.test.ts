import { randomUUID } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CauseDown, PermanentFailure, TransientFailure } from '@inkpost/failure/failure.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { createTestRedis, type TestRedis } from '@inkpost/testkit/test-redis.js';
import { Redis } from 'ioredis';
import { FlowClient, type FlowMessage } from './flow-client.js';
import { flowControllers } from './flow-handlers.js';
import { FlowRelay } from './flow-relay.js';
import { FlowSender, type LocalHands } from './flow-sender.js';
import { FlowFailureFilter, FlowServer } from './flow-server.js';

const log = createLog('test', 'fatal');
const telemetry = new Telemetry({ processName: 'test', version: '0' });

let database: InkpostDatabase;
let redis: TestRedis;
let superuser: Pool;
/** What the handler does with a message, by mailbox id. */
const behaviours = new Map<string, (message: FlowMessage<'mailbox.deleted.v1'>) => Promise<void>>();
const handled: string[] = [];

@Injectable()
class Deleted {
  async handle(message: FlowMessage<'mailbox.deleted.v1'>): Promise<void> {
    handled.push(message.payload.mailboxId);
    await (behaviours.get(message.payload.mailboxId) ?? done)(message);
  }
}

@Injectable()
class Received {
  async handle(): Promise<void> {}
}

let consumer: FlowClient;
const done = async (message: FlowMessage) => {
  await consumer.step(message, { journeyId: message.journeyId, entries: [{ step: 'deleted' }], publish: [] });
};

@Module({ controllers: flowControllers('acceptance', { 'mailbox.deleted.v1': Deleted, 'mail.message-received.v1': Received, 'submission.document-received.v1': Received, 'account.erased.v1': Received }) })
class AcceptanceModule {}

let producer: FlowClient;
let producerSender: FlowSender;
let relay: FlowRelay;
const stops: (() => Promise<unknown>)[] = [];

/** Of the first message about this mailbox; handled: its row is gone. */
async function state(mailboxId: string) {
  const { rows } = await superuser.query<{ id: string | null; state: string }>(
    `SELECT m.id, coalesce(m.state, 'handled') AS state FROM journey.entry e LEFT JOIN flow.message m ON m.journey_id = e.message_id AND m.consumer = 'acceptance' WHERE e.evidence->>'mailbox' = $1`, [mailboxId]);
  return rows[0];
}

async function stepsOf(mailboxId: string): Promise<string[]> {
  const { rows } = await superuser.query<{ step: string }>(`SELECT step FROM journey.entry WHERE message_id IN (SELECT message_id FROM journey.entry WHERE evidence->>'mailbox' = $1) ORDER BY id`, [mailboxId]);
  return rows.map(({ step }) => step);
}

async function publishDeletion(mailboxId: string, client = producer): Promise<void> {
  await client.publish({ journeyId: randomUUID(), entries: [{ step: 'mailbox-deleted', evidence: { mailbox: mailboxId } }], publish: [{ subject: 'mailbox.deleted.v1', payload: { mailboxId } }] });
}

beforeAll(async () => {
  database = await createInkpostDatabase();
  redis = await createTestRedis();
  superuser = database.superuserPool();
  const acceptance = database.pool('acceptance');
  const consumerSender = new FlowSender(redis.url, log);
  consumer = new FlowClient(acceptance, consumerSender);
  const server = new FlowServer({ service: 'acceptance', redisUrl: redis.url, pool: acceptance, sender: consumerSender, log, tracer: telemetry.tracer('test'), meter: telemetry.meter('test'), concurrency: 4 });
  const app = await NestFactory.createMicroservice(AcceptanceModule, { strategy: server, logger: false });
  app.useGlobalFilters(new FlowFailureFilter());
  await app.listen();
  const mailIngest = database.pool('mail-ingest');
  producerSender = new FlowSender(redis.url, log);
  await Promise.all([producerSender, consumerSender].map((sender) => sender.waitForRedis(5_000)));
  producer = new FlowClient(mailIngest, producerSender);
  relay = new FlowRelay('mail-ingest', mailIngest, producerSender, log);
  relay.start();
  stops.push(() => app.close(), () => relay.stop(), () => producerSender.stop(), () => consumerSender.stop());
});

afterAll(async () => {
  for (const stop of stops) await stop();
  await redis.drop();
  await database.drop();
});

describe('the flow', () => {
  it('carries a fact to its consumer, writes the journey and forgets the payload', async () => {
    await publishDeletion('plain');
    await expect.poll(async () => (await state('plain'))?.state).toBe('handled');
    const { rows } = await superuser.query(`SELECT service, step FROM journey.entry WHERE message_id IN (SELECT message_id FROM journey.entry WHERE evidence->>'mailbox' = 'plain') ORDER BY id`);
    expect(rows).toEqual([{ service: 'mail_ingest', step: 'mailbox-deleted' }, { service: 'acceptance', step: 'deleted' }]);
  });

  it('handles a message once even when it is delivered again', async () => {
    const steps: boolean[] = [];
    behaviours.set('twice', async (message) => {
      steps.push((await consumer.step(message, { journeyId: message.journeyId, entries: [{ step: 'once' }], publish: [] })) !== undefined);
      steps.push((await consumer.step(message, { journeyId: message.journeyId, entries: [{ step: 'once' }], publish: [] })) !== undefined);
    });
    await publishDeletion('twice');
    await expect.poll(() => steps).toEqual([true, false]);
    const { rows } = await superuser.query(`SELECT 1 FROM journey.entry WHERE step = 'once'`);
    expect(rows).toHaveLength(1);
  });

  it('tries again after a transient failure and counts the attempt', async () => {
    let tries = 0;
    behaviours.set('flaky', async (message) => {
      tries += 1;
      if (tries === 1) throw new TransientFailure('test.flaky', 'not now');
      await done(message);
    });
    await publishDeletion('flaky');
    await expect.poll(async () => (await state('flaky'))?.state, { timeout: 10_000 }).toBe('handled');
    expect(tries).toBe(2);
    expect(await stepsOf('flaky')).toEqual(['mailbox-deleted', 'attempt-failed', 'deleted']);
  });

  it('gives up at once on a permanent failure, shows the dead letter, and sends it again when told', async () => {
    let willing = false;
    behaviours.set('hopeless', async (message) => {
      if (!willing) throw new PermanentFailure('test.never', 'this will never work');
      await done(message);
    });
    await publishDeletion('hopeless');
    await expect.poll(async () => (await state('hopeless'))?.state).toBe('dead');
    const gateway = database.pool('gateway');
    const { rows } = await gateway.query<{ id: string; reason: string }>('SELECT * FROM flow.troubled(10)');
    expect(rows.map((row) => row.reason)).toContain('test.never: this will never work');
    willing = true;
    await gateway.query('SELECT flow.redrive($1, $2)', [(await state('hopeless'))?.id, 'maintenance']);
    await expect.poll(async () => (await state('hopeless'))?.state, { timeout: 10_000 }).toBe('handled');
  });

  it('waits for a cause outside without counting attempts', async () => {
    let down = 2;
    behaviours.set('down', async (message) => {
      down -= 1;
      if (down >= 0) throw new CauseDown('test.down', 'the directory does not answer');
      await done(message);
    });
    await publishDeletion('down');
    await expect.poll(async () => (await state('down'))?.state, { timeout: 15_000 }).toBe('handled');
    expect(await stepsOf('down')).toEqual(['mailbox-deleted', 'waiting', 'deleted']);
  });

  it('comes again as it is in the database by then, after it waited: what is sealed in it may have been sealed anew', async () => {
    behaviours.set('as-published', async () => {
      await superuser.query(`UPDATE flow.message SET payload = '{"mailboxId": "sealed-anew"}' WHERE payload ->> 'mailboxId' = 'as-published'`);
      throw new CauseDown('test.key-missing', 'the key is no longer there');
    });
    const came = new Promise<void>((resolve) => {
      behaviours.set('sealed-anew', async (message) => {
        await done(message);
        resolve();
      });
    });
    await publishDeletion('as-published');
    await came;
    expect(await stepsOf('as-published')).toEqual(['mailbox-deleted', 'waiting', 'deleted']);
  });

  it('sends everything open again when Redis turns out to be empty', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    behaviours.set('gate', async (message) => {
      await gate;
      await done(message);
    });
    // Four gates fill the worker, so that the fifth message waits in Redis, and is lost there.
    for (let index = 0; index < 4; index += 1) await publishDeletion('gate');
    await publishDeletion('emptied');
    const direct = new Redis(redis.url);
    await direct.flushdb();
    direct.disconnect();
    release();
    await expect.poll(async () => (await state('emptied'))?.state, { timeout: 15_000 }).toBe('handled');
    expect(handled.filter((id) => id === 'emptied').length).toBeGreaterThanOrEqual(1);
  });

  it('sends by the relay what the producer could not hand over', async () => {
    const cut = new FlowSender('redis://127.0.0.1:1/0', log);
    await publishDeletion('relayed', new FlowClient(database.pool('mail-ingest'), cut));
    await cut.stop();
    await expect.poll(async () => (await state('relayed'))?.state, { timeout: 20_000 }).toBe('handled');
  }, 30_000);

  it('stops in bounded time while a message is under way, which stays open and is handled later', async () => {
    const service = database.pool('acceptance');
    const ownRedis = await createTestRedis();
    const sender = new FlowSender(ownRedis.url, log);
    await sender.waitForRedis(5_000);
    const server = new FlowServer({ service: 'acceptance', redisUrl: ownRedis.url, pool: service, sender, log, tracer: telemetry.tracer('test'), meter: telemetry.meter('test'), concurrency: 1 });
    const app = await NestFactory.createMicroservice(AcceptanceModule, { strategy: server, logger: false });
    await app.listen();
    let reached = false;
    behaviours.set('endless', async () => {
      reached = true;
      await new Promise(() => undefined);
    });
    const producing = new FlowSender(ownRedis.url, log);
    await producing.waitForRedis(5_000);
    await publishDeletion('endless', new FlowClient(database.pool('mail-ingest'), producing));
    await expect.poll(() => reached).toBe(true);
    const startedAt = Date.now();
    await app.close();
    expect(Date.now() - startedAt).toBeLessThan(8_000);
    expect((await state('endless'))?.state).toBe('open');
    behaviours.delete('endless');
    await expect.poll(async () => (await state('endless'))?.state, { timeout: 20_000 }).toBe('handled');
    await Promise.all([sender.stop(), producing.stop()]);
    await ownRedis.drop();
  }, 40_000);

  it('is handed over within a process without Redis, and to Redis when no hand is free for a while', async () => {
    const ownRedis = await createTestRedis();
    const hands: LocalHands = new Map();
    const options = { service: 'acceptance', redisUrl: ownRedis.url, pool: database.pool('acceptance'), log, tracer: telemetry.tracer('test'), meter: telemetry.meter('test'), concurrency: 1 } as const;
    const sender = new FlowSender(ownRedis.url, log);
    await sender.waitForRedis(5_000);
    const server = new FlowServer({ ...options, sender });
    const app = await NestFactory.createMicroservice(AcceptanceModule, { strategy: server, logger: false });
    await app.listen();
    hands.set('acceptance', (subject, envelope) => server.take(subject, envelope));
    // Its Redis is not there: what it hands over goes directly, or by the relay after ten seconds.
    const withoutRedis = new FlowSender('redis://127.0.0.1:1/0', log, hands);
    await publishDeletion('direct', new FlowClient(database.pool('mail-ingest'), withoutRedis));
    await expect.poll(async () => (await state('direct'))?.state, { timeout: 5_000 }).toBe('handled');

    const brief = Promise.withResolvers<void>();
    behaviours.set('brief', async (message) => {
      await brief.promise;
      await done(message);
    });
    await publishDeletion('brief', new FlowClient(database.pool('mail-ingest'), withoutRedis));
    await publishDeletion('in line', new FlowClient(database.pool('mail-ingest'), withoutRedis));
    brief.resolve();
    await expect.poll(async () => (await state('in line'))?.state, { timeout: 5_000 }).toBe('handled');

    const busy = Promise.withResolvers<void>();
    behaviours.set('busy', async (message) => {
      await busy.promise;
      await done(message);
    });
    const withRedis = new FlowSender(ownRedis.url, log, hands);
    await withRedis.waitForRedis(5_000);
    const producing = new FlowClient(database.pool('mail-ingest'), withRedis);
    await publishDeletion('busy', producing);
    await publishDeletion('queued', producing);
    await expect.poll(async () => (await state('queued'))?.state, { timeout: 5_000 }).toBe('handled');
    expect((await state('busy'))?.state).toBe('open');
    busy.resolve();
    await expect.poll(async () => (await state('busy'))?.state).toBe('handled');
    await app.close();
    expect(server.take('mailbox.deleted.v1', { id: randomUUID(), journeyId: randomUUID(), payload: {}, trace: '', sentAt: 0 })).toBe(false);
    await Promise.all([sender.stop(), withoutRedis.stop(), withRedis.stop()]);
    await ownRedis.drop();
  });

  it('closes together, and a moment later, what changed nothing; what is another\'s stays open', async () => {
    behaviours.set('late', async (message) => consumer.closeLater(message));
    const kept = Promise.withResolvers<FlowMessage>();
    behaviours.set('kept', async (message) => kept.resolve(message));
    await publishDeletion('kept');
    producer.closeLater(await kept.promise);
    await publishDeletion('late');
    await expect.poll(async () => (await state('late'))?.state).toBe('handled');
    expect((await state('kept'))?.state).toBe('open');
    behaviours.delete('kept');
  });

  it('refuses a publisher or a consumer that the flow table doesn\'t name', async () => {
    await expect(publishDeletion('foreign', consumer)).rejects.toThrow(/may not publish/);
    const notification = database.pool('notification');
    behaviours.set('not-yours', () => new Promise(() => undefined));
    await publishDeletion('not-yours');
    const id = (await state('not-yours'))?.id;
    await expect(notification.query('SELECT flow.consume($1)', [id])).rejects.toThrow(/may not consume/);
  });

  it('forgets what names an erased person, of the caller\'s messages alone, and says which documents were in it', async () => {
    const [documentId, messageId] = [randomUUID(), randomUUID()];
    const insert = (subject: string, consumerName: string, payload: object) => superuser.query<{ id: string }>(
      `INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, state, due_at) VALUES ($1, 'mail_ingest', $2, $3, $4, 'dead', now()) RETURNING id`, [subject, consumerName, messageId, JSON.stringify(payload)]);
    const sender = { address: 'ada@example.org' };
    await insert('mail.message-received.v1', 'acceptance', { sender, documents: [{ documentId }] });
    await insert('mail.message-received.v1', 'acceptance', { sender: { address: 'not-ada@example.org' } });
    await insert('account.owner-resolved.v1', 'print_submit', { owner: { accountId: 'a', address: 'x@example.org' } });
    await insert('account.erased.v1', 'acceptance', { addresses: ['ada@example.org'] });
    const forget = async (service: 'acceptance' | 'print-submit') => (await database.pool(service).query<{ found: object }>("SELECT flow.forget('{a}', '{ada@example.org}') AS found")).rows[0]?.found;
    expect(await forget('acceptance')).toEqual({ messages: 1, documents: [documentId] });
    expect(await forget('acceptance')).toEqual({ messages: 0, documents: [] });
    expect(await forget('print-submit')).toEqual({ messages: 1, documents: [] });
    const { rows } = await superuser.query('SELECT subject, consumer FROM flow.message WHERE journey_id = $1 ORDER BY subject', [messageId]);
    expect(rows).toEqual([{ subject: 'account.erased.v1', consumer: 'acceptance' }, { subject: 'mail.message-received.v1', consumer: 'acceptance' }]);
    await expect(database.pool('gateway').query("SELECT flow.forget('{a}', '{}')")).rejects.toThrow(/permission denied/);
  });

  it('lets no service touch the tables behind the functions', async () => {
    const acceptance = database.pool('acceptance');
    for (const table of ['flow.message', 'flow.route', 'journey.entry', 'spool.document']) {
      await expect(acceptance.query(`SELECT 1 FROM ${table}`)).rejects.toThrow(/permission denied/);
    }
    await expect(acceptance.query('SELECT * FROM journey.search($1,$1,$1,NULL,NULL,NULL,1)', [''])).rejects.toThrow(/permission denied/);
  });
});
