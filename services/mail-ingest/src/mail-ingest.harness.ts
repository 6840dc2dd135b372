import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { readConfigs } from '@inkpost/config/config.js';
import { MailboxService } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { decodePayload, type Payload } from '@inkpost/flow/payload.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { signControlToken } from '@inkpost/service/control-token.js';
import type { Right } from '@inkpost/service/rights.js';
import type { ServiceName } from '@inkpost/service/service-variables.js';
import { startService } from '@inkpost/service/start-service.js';
import { Spool } from '@inkpost/spool/spool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { mailIngestConfig } from './mail-ingest.config.js';
import { mailIngest } from './mail-ingest.module.js';

const ALL_RIGHTS: Right[] = ['configuration.read', 'configuration.write'];

export type ReceivedMessage = Payload<'mail.message-received.v1'>;

export interface JourneyLine {
  readonly step: string;
  readonly evidence: Record<string, unknown>;
  readonly document_id: string | null;
}

/** One replica of the service as it runs in production. */
export interface Replica {
  /** Once is enough. */
  readonly stop: () => Promise<void>;
  readonly smtpPort: number;
  readonly lmtpPort: number;
  readonly mailboxes: Client<typeof MailboxService>;
  client(...rights: Right[]): Client<typeof MailboxService>;
  /** Of another of its services; without rights named, all that concern configuration. */
  clientOf<S extends DescService>(service: S, ...rights: Right[]): Client<S>;
  /** The same, as somebody else than `tester`. */
  clientAs<S extends DescService>(actor: string, service: S, ...rights: Right[]): Client<S>;
}

/** The whole service in front of a database of its own; what it publishes stays there, since nobody consumes it. */
export class MailIngestHarness {
  readonly telemetry = new Telemetry({ processName: 'test', version: '0' });
  private readonly stops: (() => Promise<unknown>)[] = [];

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly controlKey: Uint8Array,
    readonly spoolFolder: string,
    readonly database: InkpostDatabase,
    readonly superuser: Pool,
    private readonly acceptanceSpool: Spool,
  ) {}

  static async start(): Promise<MailIngestHarness> {
    const [database, redis, folder] = [await createInkpostDatabase(), await createTestRedis(), await temporaryFolder('mail-ingest')];
    const [masterKey, controlKey] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
    const secrets = join(folder.path, 'secrets', 'mail-ingest');
    await mkdir(secrets, { recursive: true });
    const files = { 'database-password': database.passwords['mail-ingest'], 'control-key': controlKey, 'master-key': masterKey };
    for (const [name, text] of Object.entries(files)) await writeFile(join(secrets, name), text);
    const spoolFolder = join(folder.path, 'spool');
    const env = {
      INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: join(folder.path, 'secrets'), INKPOST_SPOOL_FOLDER: spoolFolder, INKPOST_LOG_LEVEL: 'fatal',
    };
    const acceptanceSpool = new Spool(database.pool('acceptance'), parseMasterKey(masterKey), spoolFolder);
    const harness = new MailIngestHarness(env, new TextEncoder().encode(controlKey), spoolFolder, database, database.superuserPool(), acceptanceSpool);
    harness.stops.push(() => redis.drop(), () => database.drop(), () => folder.remove());
    return harness;
  }

  async startReplica(env: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const [port, smtpPort, lmtpPort] = [await freePort(), await freePort(), await freePort()];
    const [config] = readConfigs([mailIngestConfig], { ...this.env, INKPOST_MAIL_INGEST_LISTEN: `127.0.0.1:${port}`, INKPOST_SMTP_LISTEN: `127.0.0.1:${smtpPort}`, INKPOST_LMTP_LISTEN: `127.0.0.1:${lmtpPort}`, ...env });
    const service = await startService(mailIngest, config, this.telemetry, '0');
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= service.stop());
    this.stops.unshift(stop);
    const connect = <S extends DescService>(service: S, actor: string, rights: readonly Right[]) =>
      createClient(service, createConnectTransport({
        httpVersion: '1.1', baseUrl: `http://127.0.0.1:${port}`,
        interceptors: [(next) => async (request) => {
          request.header.set('authorization', `Bearer ${await signControlToken(this.controlKey, 'mail-ingest', { actor, rights: rights.length === 0 ? ALL_RIGHTS : rights })}`);
          return next(request);
        }],
      }));
    const clientOf = <S extends DescService>(service: S, ...rights: Right[]) => connect(service, 'tester', rights);
    return { stop, smtpPort, lmtpPort, clientOf, clientAs: (actor, service, ...rights) => connect(service, actor, rights), client: (...rights) => clientOf(MailboxService, ...rights), mailboxes: clientOf(MailboxService) };
  }

  /** Adds a mailbox of kind smtp; gives its id. */
  async addSmtpMailbox({ mailboxes }: Replica, address: string, queueId = 'queue'): Promise<string> {
    const { mailbox } = await mailboxes.createMailbox({ settings: { address, kind: 'smtp', queueId, enabled: true } });
    return mailbox?.mailboxId ?? '';
  }

  /** The flow as another service publishes into it. */
  async flowOf(service: ServiceName): Promise<FlowClient> {
    const sender = new FlowSender(this.env['INKPOST_REDIS_URL'] ?? '', createLog('test', 'fatal'));
    this.stops.unshift(() => sender.stop());
    await sender.waitForRedis(5_000);
    return new FlowClient(this.database.pool(service), sender);
  }

  /** What was published for acceptance, in its order. */
  async received(): Promise<ReceivedMessage[]> {
    const { rows } = await this.superuser.query<{ payload: never }>("SELECT payload FROM flow.message WHERE subject = 'mail.message-received.v1' ORDER BY created_at");
    return rows.map(({ payload }) => decodePayload('mail.message-received.v1', payload));
  }

  /** The message with this subject line, once it is published. */
  async messageAbout(subject: string): Promise<ReceivedMessage> {
    return eventually(async () => (await this.received()).find((message) => message.subject === subject), `a mail "${subject}" was taken in`);
  }

  async journey(messageId: string): Promise<JourneyLine[]> {
    const { rows } = await this.superuser.query<JourneyLine>('SELECT step, evidence, document_id FROM journey.entry WHERE message_id = $1 ORDER BY id', [messageId]);
    return rows;
  }

  /** A document's clear bytes, as acceptance reads them. */
  async documentBytes(documentId: string): Promise<Buffer> {
    return buffer(await this.acceptanceSpool.open(documentId));
  }

  /** Names of all files in the spool, half-written ones too. */
  async spoolFiles(): Promise<string[]> {
    const entries = await readdir(this.spoolFolder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}

/** Asks until there is an answer. */
export async function eventually<T>(ask: () => Promise<T | undefined | false>, what: string, timeoutMs = 10_000): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; ; ) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(25);
  }
}
