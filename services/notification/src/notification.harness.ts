import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Message } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { readConfigs } from '@inkpost/config/config.js';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { NotificationEventService, OutgoingMailService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { FlowClient, type Publication } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { FLOW } from '@inkpost/flow/flow.js';
import type { PayloadInit } from '@inkpost/flow/payload.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { type MasterKey, parseMasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { signControlToken } from '@inkpost/service/control-token.js';
import type { Right } from '@inkpost/service/rights.js';
import { type RunningService, startService } from '@inkpost/service/start-service.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { notificationConfig } from './notification.config.js';
import { notification } from './notification.module.js';

/** Held documents as the tests write them: only what counts. */
export type HeldInit = Exclude<PayloadInit<'print.job-held.v1'>, Message>;

export interface JourneyLine {
  readonly step: string;
  readonly evidence: Record<string, unknown>;
  readonly document_id: string | null;
}

export interface StartedNotification {
  readonly service: RunningService;
  /** A client that calls this replica with these rights. */
  readonly client: (...rights: Right[]) => Client<typeof OutgoingMailService>;
  /** … about events. */
  readonly events: (...rights: Right[]) => Client<typeof NotificationEventService>;
  /** … about what it shares. */
  readonly configuration: (...rights: Right[]) => Client<typeof ConfigurationService>;
}

/** The service as it runs in production, with its neighbours' ends of the wire in the test's hands. */
export class NotificationHarness {
  readonly superuser: Pool;
  private readonly telemetry = new Telemetry({ processName: 'test', version: '0' });
  private readonly stops: (() => Promise<unknown>)[] = [];
  private readonly producers = new Map<string, FlowClient>();

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly controlKey: Uint8Array,
    readonly masterKey: MasterKey,
    private readonly database: InkpostDatabase,
    private readonly sender: FlowSender,
  ) {
    this.superuser = database.superuserPool();
  }

  static async start(): Promise<NotificationHarness> {
    const [database, redis, folder] = [await createInkpostDatabase(), await createTestRedis(), await temporaryFolder('notification')];
    const [masterKey, controlKey] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
    const secrets = join(folder.path, 'notification');
    await mkdir(secrets);
    const files = { 'database-password': database.passwords.notification, 'control-key': controlKey, 'master-key': masterKey };
    for (const [name, text] of Object.entries(files)) await writeFile(join(secrets, name), text);
    const sender = new FlowSender(redis.url, createLog('test', 'fatal'));
    await sender.waitForRedis(5_000);
    const env = { INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: folder.path, INKPOST_LOG_LEVEL: 'fatal', INKPOST_TIME_ZONE: 'Europe/Paris' };
    const harness = new NotificationHarness(env, new TextEncoder().encode(controlKey), parseMasterKey(masterKey), database, sender);
    harness.stops.push(() => sender.stop(), () => redis.drop(), () => database.drop(), () => folder.remove());
    return harness;
  }

  async startService(settings: Readonly<Record<string, string>> = {}): Promise<StartedNotification> {
    const port = await freePort();
    const [config] = readConfigs([notificationConfig], { ...this.env, ...settings, INKPOST_NOTIFICATION_LISTEN: `127.0.0.1:${port}` });
    const running = await startService(notification, config, this.telemetry, '0');
    let stopped: Promise<void> | undefined;
    const service = { stop: () => (stopped ??= running.stop()) };
    this.stops.unshift(() => service.stop());
    const transport = (rights: Right[]) =>
      createConnectTransport({
        httpVersion: '1.1', baseUrl: `http://127.0.0.1:${port}`,
        interceptors: [(next) => async (request) => {
          request.header.set('authorization', `Bearer ${await signControlToken(this.controlKey, 'notification', { actor: 'tester', rights })}`);
          return next(request);
        }],
      });
    return {
      service, client: (...rights) => createClient(OutgoingMailService, transport(rights)), events: (...rights) => createClient(NotificationEventService, transport(rights)),
      configuration: (...rights) => createClient(ConfigurationService, transport(rights)),
    };
  }

  /** Publishes a fact as the service that may. Gives the journey's id. */
  async publish(publication: Publication, journeyId: string = randomUUID()): Promise<string> {
    const { from } = FLOW[publication.subject];
    const producer = this.producers.get(from) ?? new FlowClient(this.database.pool(from), this.sender);
    this.producers.set(from, producer);
    await producer.publish({ journeyId, entries: [], publish: [publication] });
    return journeyId;
  }

  /** Documents that wait for their owner's code, as print-submit tells of them. */
  async hold(code: string, more: HeldInit = {}): Promise<string> {
    const messageId = randomUUID();
    const owner = { accountId: randomUUID(), directory: 'guests', address: 'owner@example.org', displayName: 'Olive Owner', language: 'en', ...more.owner };
    const payload: HeldInit = {
      messageId, queueId: 'hall', queueName: 'Hall', subject: 'Minutes', jobHoldUntil: { seconds: BigInt(Date.UTC(2026, 10, 25, 13, 5) / 1_000) },
      jobs: [{ jobId: randomUUID(), fileName: 'minutes.pdf', pages: 3 }],
      sealedPuk: sealSecret(this.masterKey, `puk:${messageId}:${owner.address}`, code), ...more, owner,
    };
    return this.publish({ subject: 'print.job-held.v1', payload }, messageId);
  }

  async journey(journeyId: string): Promise<JourneyLine[]> {
    const { rows } = await this.superuser.query<JourneyLine>('SELECT step, evidence, document_id FROM journey.entry WHERE message_id = $1 ORDER BY id', [journeyId]);
    return rows;
  }

  /** Whether notification is done with the message that it was sent. */
  async isHandled(journeyId: string): Promise<boolean> {
    const { rows } = await this.superuser.query("SELECT 1 FROM flow.message WHERE journey_id = $1 AND consumer = 'notification'", [journeyId]);
    return rows.length === 0;
  }

  /** The flow's id of the message that this mail was sent for. */
  async flowMessageId(journeyId: string): Promise<string | undefined> {
    const { rows } = await this.superuser.query<{ id: string }>('SELECT flow_message_id AS id FROM notification.outgoing WHERE journey_id = $1', [journeyId]);
    return rows[0]?.id;
  }

  /** Keeps the service from recording what it did, as if it died before it could; gives the way back. */
  async forbidRecording(): Promise<() => Promise<void>> {
    const step = 'FUNCTION flow.step(uuid, uuid, jsonb, jsonb, text)';
    await this.superuser.query(`REVOKE EXECUTE ON ${step} FROM notification`);
    return async () => {
      await this.superuser.query(`GRANT EXECUTE ON ${step} TO notification`);
    };
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}
