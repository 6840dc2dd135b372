import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DescService, Message } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { readConfigs } from '@inkpost/config/config.js';
import { AcceptanceService, SenderAuthenticationService } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { FlowClient, type Publication } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { encodePayload, type PayloadInit } from '@inkpost/flow/payload.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { signControlToken } from '@inkpost/service/control-token.js';
import type { Right } from '@inkpost/service/rights.js';
import { type RunningService, startService } from '@inkpost/service/start-service.js';
import { Spool, type SpooledDocument } from '@inkpost/spool/spool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { acceptanceConfig } from './acceptance.config.js';
import { acceptance } from './acceptance.module.js';

/** A message as the tests write it: only what counts. */
export type ReceivedInit = Exclude<PayloadInit<'mail.message-received.v1'>, Message>;

export interface ReceivedMail {
  readonly messageId: string;
  readonly documentIds: readonly string[];
  readonly payload: PayloadInit<'mail.message-received.v1'>;
  /** Of the flow. */
  readonly flowId: string;
}

export interface JourneyLine {
  readonly step: string;
  readonly evidence: Record<string, unknown>;
  readonly document_id: string | null;
}

export interface StartedAcceptance {
  readonly service: RunningService;
  readonly client: (...rights: Right[]) => Client<typeof AcceptanceService>;
  readonly authentication: (...rights: Right[]) => Client<typeof SenderAuthenticationService>;
}

const MAIL_BYTES_MAX = 50 * 1024 * 1024;

/** The service as it runs in production, with its neighbours' ends of the wire in the test's hands. */
export class AcceptanceHarness {
  readonly telemetry = new Telemetry({ processName: 'test', version: '0' });
  private readonly stops: (() => Promise<unknown>)[] = [];

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly controlKey: Uint8Array,
    readonly spoolFolder: string,
    readonly superuser: Pool,
    /** As the service itself sees the database. */
    readonly ownPool: Pool,
    private readonly sender: FlowSender,
    private readonly mailIngest: FlowClient,
    private readonly mailIngestSpool: Spool,
  ) {}

  static async start(): Promise<AcceptanceHarness> {
    const [database, redis, folder] = [await createInkpostDatabase(), await createTestRedis(), await temporaryFolder('acceptance')];
    const masterKey = randomBytes(32).toString('hex');
    const controlKey = randomBytes(32).toString('hex');
    const secrets = join(folder.path, 'secrets', 'acceptance');
    await mkdir(secrets, { recursive: true });
    const files = { 'database-password': database.passwords.acceptance, 'control-key': controlKey, 'master-key': masterKey };
    for (const [name, text] of Object.entries(files)) await writeFile(join(secrets, name), text);
    const spoolFolder = join(folder.path, 'spool');
    await mkdir(spoolFolder);
    const pool = database.pool('mail-ingest');
    const sender = new FlowSender(redis.url, createLog('test', 'fatal'));
    await sender.waitForRedis(5_000);
    const env = {
      INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: join(folder.path, 'secrets'),
      INKPOST_SPOOL_FOLDER: spoolFolder, INKPOST_LOG_LEVEL: 'fatal',
    };
    const harness = new AcceptanceHarness(
      env, new TextEncoder().encode(controlKey), spoolFolder, database.superuserPool(), database.pool('acceptance'), sender, new FlowClient(pool, sender), new Spool(pool, parseMasterKey(masterKey), spoolFolder),
    );
    harness.stops.push(() => sender.stop(), () => redis.drop(), () => database.drop(), () => folder.remove());
    return harness;
  }

  /** One replica of the service, and clients that call it with these rights. */
  async startService(): Promise<StartedAcceptance> {
    const port = await freePort();
    const [config] = readConfigs([acceptanceConfig], { ...this.env, INKPOST_ACCEPTANCE_LISTEN: `127.0.0.1:${port}` });
    const service = await startService(acceptance, config, this.telemetry, '0');
    this.stops.unshift(() => service.stop());
    const clientOf = <S extends DescService>(owner: S, rights: Right[]) =>
      createClient(owner, createConnectTransport({
        httpVersion: '1.1', baseUrl: `http://127.0.0.1:${port}`,
        interceptors: [(next) => async (request) => {
          request.header.set('authorization', `Bearer ${await signControlToken(this.controlKey, 'acceptance', { actor: 'tester', rights })}`);
          return next(request);
        }],
      }));
    return { service, client: (...rights) => clientOf(AcceptanceService, rights), authentication: (...rights) => clientOf(SenderAuthenticationService, rights) };
  }

  /** Seals documents as mail-ingest does; nobody knows of them yet. */
  async spool(documents: readonly Buffer[]): Promise<SpooledDocument[]> {
    return Promise.all(documents.map((bytes) => this.mailIngestSpool.write(pieces(bytes), MAIL_BYTES_MAX)));
  }

  /** Takes a mail in as mail-ingest does: its documents recorded and claimed for acceptance, in the statement that tells of it. */
  async receive(sender: string, documents: readonly Buffer[] | readonly SpooledDocument[], more: ReceivedInit = {}): Promise<ReceivedMail> {
    const messageId = randomUUID();
    const spooled = (await Promise.all(documents.map(async (document) => (Buffer.isBuffer(document) ? this.spool([document]) : [document])))).flat();
    const payload: ReceivedInit = {
      messageId, mailboxId: randomUUID(), mailboxAddress: 'print@inkpost.test', queueId: 'queue', receivedAt: { seconds: 1_800_000_000n }, subject: 'Please print',
      internetMessageId: '<1@example.org>', language: 'fr', senderAuthentication: 'none', sender: { address: sender, displayName: 'Somebody' },
      documents: spooled.map(({ id, sha256, sizeBytes }, index) => ({ documentId: id, fileName: `document-${index + 1}.pdf`, documentFormat: 'application/pdf', sizeBytes, sha256 })),
      ...more,
    };
    const flowId = await this.publish(messageId, { subject: 'mail.message-received.v1', payload }, spooled);
    return { messageId, documentIds: spooled.map(({ id }) => id), payload, flowId };
  }

  /** Gives the id of the message that goes to acceptance. */
  async publish(journeyId: string, publication: Publication, spooled: readonly SpooledDocument[] = []): Promise<string> {
    const put = { name: 'test-put', select: "spool.put($6::jsonb, 'acceptance', now() + interval '30 days')", values: [JSON.stringify(spooled)] };
    const { published } = await this.mailIngest.publish<{ published: { id: string; consumer: string }[] }>({ journeyId, entries: [], publish: [publication] }, put);
    return published.find(({ consumer }) => consumer === 'acceptance')?.id ?? '';
  }

  /** Brings a message a second time, as Redis may after a crash. */
  async deliverAgain({ messageId, payload, flowId }: ReceivedMail): Promise<void> {
    const subject = 'mail.message-received.v1';
    await this.sender.send({ id: flowId, consumer: 'acceptance', subject, journeyId: messageId, payload: encodePayload(subject, payload), trace: '', tries: 99 });
  }

  /** How many deliveries of received mails were handled so far. */
  async handled(): Promise<number> {
    const metrics = await this.telemetry.metricsText();
    return Number(/^\w*flow_step_duration\w*_count\{[^}]*subject="mail\.message-received\.v1"[^}]*outcome="done"[^}]*\} (\d+)/mu.exec(metrics)?.[1] ?? 0);
  }

  /** What acceptance published about a message, once it did; nobody consumes it here. */
  async verdict(messageId: string): Promise<{ readonly subject: string; readonly payload: Record<string, unknown> } | undefined> {
    const { rows } = await this.superuser.query<{ subject: string; payload: Record<string, unknown> }>(
      "SELECT subject, payload FROM flow.message WHERE journey_id = $1 AND producer = 'acceptance'", [messageId]);
    if (rows.length > 1) throw new Error(`acceptance published ${rows.length} messages`);
    return rows[0];
  }

  async journey(messageId: string): Promise<JourneyLine[]> {
    const { rows } = await this.superuser.query<JourneyLine>('SELECT step, evidence, document_id FROM journey.entry WHERE message_id = $1 ORDER BY id', [messageId]);
    return rows;
  }

  /** Who claims a document; empty for one that is erased. */
  async claims(documentId: string): Promise<string[]> {
    const { rows } = await this.superuser.query<{ service: string }>('SELECT service FROM spool.claim WHERE document_id = $1', [documentId]);
    return rows.map(({ service }) => service);
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
