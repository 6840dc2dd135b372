import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { readConfigs } from '@inkpost/config/config.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { encodePayload, type PayloadInit } from '@inkpost/flow/payload.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { type MasterKey, parseMasterKey } from '@inkpost/secrets/master-key.js';
import { signControlToken } from '@inkpost/service/control-token.js';
import type { Right } from '@inkpost/service/rights.js';
import { type RunningService, startService } from '@inkpost/service/start-service.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { guestAccountConfig } from './guest-account.config.js';
import { guestAccount } from './guest-account.module.js';

const SUBJECT = 'acceptance.message-accepted.v1';

export interface AcceptedMail {
  /** Of the flow's message to this service. */
  readonly id: string;
  readonly messageId: string;
  readonly documentId: string;
  readonly payload: PayloadInit<typeof SUBJECT>;
}

export interface Fact {
  readonly subject: string;
  readonly payload: Record<string, unknown>;
}

/** The service as it runs in production, with its neighbours' ends of the wire in the test's hands. */
export class GuestAccountHarness {
  private readonly telemetry = new Telemetry({ processName: 'test', version: '0' });
  private readonly stops: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly database: InkpostDatabase,
    readonly superuser: Pool,
    private readonly env: Readonly<Record<string, string>>,
    private readonly controlKey: Uint8Array,
    private readonly secretsFolder: string,
    private readonly acceptance: FlowClient,
    readonly sender: FlowSender,
  ) {}

  static async start(): Promise<GuestAccountHarness> {
    const [database, redis, folder] = [await createInkpostDatabase(), await createTestRedis(), await temporaryFolder('guests')];
    const controlKey = randomBytes(32).toString('hex');
    const secretsFolder = join(folder.path, 'guest-account');
    await mkdir(secretsFolder, { recursive: true });
    await writeFile(join(secretsFolder, 'database-password'), database.passwords['guest-account']);
    await writeFile(join(secretsFolder, 'control-key'), controlKey);
    await writeFile(join(secretsFolder, 'master-key'), randomBytes(32).toString('hex'));
    const sender = new FlowSender(redis.url, createLog('test', 'fatal'));
    await sender.waitForRedis(5_000);
    const env = { INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: folder.path, INKPOST_LOG_LEVEL: 'fatal' };
    const harness = new GuestAccountHarness(
      database, database.superuserPool(), env, new TextEncoder().encode(controlKey), secretsFolder, new FlowClient(database.pool('acceptance'), sender), sender,
    );
    harness.stops.push(() => sender.stop(), () => redis.drop(), () => database.drop(), () => folder.remove());
    return harness;
  }

  /** One replica of the service, and clients that call it with these rights. */
  async startService(more: Readonly<Record<string, string>> = {}) {
    const port = await freePort();
    const [config] = readConfigs([guestAccountConfig], { ...this.env, ...more, INKPOST_GUEST_ACCOUNT_LISTEN: `127.0.0.1:${port}` });
    const service: RunningService = await startService(guestAccount, config, this.telemetry, '0');
    let running = true;
    const stop = async () => {
      if (running) await service.stop();
      running = false;
    };
    this.stops.unshift(stop);
    const client = <S extends DescService>(contract: S, ...rights: Right[]): Client<S> =>
      createClient(contract, createConnectTransport({
        httpVersion: '1.1', baseUrl: `http://127.0.0.1:${port}`,
        interceptors: [(next) => async (request) => {
          request.header.set('authorization', `Bearer ${await signControlToken(this.controlKey, 'guest-account', { actor: 'tester', rights })}`);
          return next(request);
        }],
      }));
    return { client, stop };
  }

  /** The secret `maintenance-password`; undefined: none. */
  async writeMaintenancePassword(password: string | undefined): Promise<void> {
    const path = join(this.secretsFolder, 'maintenance-password');
    await (password === undefined ? rm(path, { force: true }) : writeFile(path, password));
  }

  /** The installation's. */
  async masterKey(): Promise<MasterKey> {
    return parseMasterKey(await readFile(join(this.secretsFolder, 'master-key'), 'utf8'));
  }

  /** Accepts a mail with one document as acceptance does; its claim is guest-account's then. */
  async accept(address: string, more: { readonly unknownSender?: string; readonly sponsors?: string[]; readonly language?: string; readonly senderMayBeTold?: boolean; readonly submissions?: { readonly submitter: string; readonly userLogin?: string; readonly options: Record<string, never> }[] } = {}): Promise<AcceptedMail> {
    const [messageId, documentId] = [randomUUID(), randomUUID()];
    await this.superuser.query(`INSERT INTO spool.document (id, sha256, size_bytes, wrapped_key) VALUES ($1, '\\x00', 1, '\\x01')`, [documentId]);
    await this.superuser.query(`INSERT INTO spool.claim (document_id, service, until) VALUES ($1, 'guest_account', now() + interval '1 day')`, [documentId]);
    const payload: PayloadInit<typeof SUBJECT> = {
      messageId, mailboxId: 'mailbox', queueId: 'queue', subject: 'Please print', sender: { address, displayName: 'Ada Lovelace' },
      documents: [{ documentId, fileName: 'a.pdf', documentFormat: 'application/pdf', sizeBytes: 1, sha256: '00', pages: 3 }],
      refusedParts: [{ fileName: 'b.txt', reason: 'unsupported-format', statusText: 'no' }], senderMayBeTold: true, ...more,
    };
    const { published } = await this.acceptance.publish<{ published: readonly { id: string }[] }>({ journeyId: messageId, entries: [], publish: [{ subject: SUBJECT, payload }] });
    return { id: published[0]?.id ?? '', messageId, documentId, payload };
  }

  /** Brings a message a second time, as Redis may after a crash. */
  async deliverAgain({ id, messageId, payload }: AcceptedMail): Promise<void> {
    await this.sender.send({ id, consumer: 'guest-account', subject: SUBJECT, journeyId: messageId, payload: encodePayload(SUBJECT, payload), trace: '', tries: 99 });
  }

  async metrics(): Promise<string> {
    return this.telemetry.metricsText();
  }

  /** How many deliveries were handled so far. */
  async handled(): Promise<number> {
    const metrics = await this.metrics();
    return Number(/^\w*flow_step_duration\w*_count\{[^}]*subject="acceptance\.message-accepted\.v1"[^}]*outcome="done"[^}]*\} (\d+)/mu.exec(metrics)?.[1] ?? 0);
  }

  /** What the service published under a message's id, or an account's where an administrator changed it; nobody consumes it here. */
  async facts(journeyId: string): Promise<Fact[]> {
    const { rows } = await this.superuser.query<Fact>("SELECT subject, payload FROM flow.message WHERE journey_id = $1 AND producer = 'guest_account' ORDER BY created_at, subject", [journeyId]);
    return rows;
  }

  async journey(messageId: string): Promise<{ readonly step: string; readonly evidence: Record<string, unknown> }[]> {
    const { rows } = await this.superuser.query('SELECT step, evidence FROM journey.entry WHERE message_id = $1 ORDER BY id', [messageId]);
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
