import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { readConfigs } from '@inkpost/config/config.js';
import { FinishingService, JobService, QueueService, ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { FlowClient, type Publication } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import type { PrintedDocument } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { type MasterKey, parseMasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { signControlToken } from '@inkpost/service/control-token.js';
import type { Right } from '@inkpost/service/rights.js';
import { startService } from '@inkpost/service/start-service.js';
import { Spool } from '@inkpost/spool/spool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { printSubmitConfig } from './print-submit.config.js';
import { printSubmit } from './print-submit.module.js';

const SERVICE = 'print-submit';
const RIGHTS: readonly Right[] = ['configuration.read', 'configuration.write', 'jobs.read', 'jobs.manage'];
const DAY_MS = 86_400_000;

/** One running print-submit. */
export interface Instance {
  readonly queues: Client<typeof QueueService>;
  readonly finishing: Client<typeof FinishingService>;
  readonly jobs: Client<typeof JobService>;
  readonly release: Client<typeof ReleaseService>;
  client<S extends DescService>(service: S, rights: readonly Right[]): Client<S>;
  stop(): Promise<void>;
}

export interface MailedDocument {
  readonly fileName?: string;
  readonly bytes?: Buffer;
  readonly documentFormat?: string;
  readonly pages?: number;
}

interface MailOptions {
  readonly owner?: string;
  readonly mailboxId?: string;
  readonly documents?: readonly MailedDocument[];
  readonly refusedParts?: readonly string[];
  readonly ownerHasPin?: boolean;
  /** The owner's. */
  readonly groups?: readonly string[];
  /** The account that handed it in by the Print API, and what it asks of the print. */
  readonly submission?: { readonly submitter: string; readonly options: { readonly colorMode?: string; readonly copies?: number; readonly pageRanges?: string } };
}

export interface Mailed {
  readonly messageId: string;
  readonly jobIds: readonly string[];
  /** SHA-256 of each document, in the same order. */
  readonly sha256: readonly string[];
}

export interface Fact {
  readonly subject: string;
  readonly payload: Record<string, unknown>;
}

/** print-submit as it runs in production, one instance or several, with its neighbours' ends of the wire in the test's hands. */
export class PrintHarness {
  private readonly telemetry = new Telemetry({ processName: 'test', version: '0' });
  private readonly masterKeyText = randomBytes(32).toString('hex');
  private readonly controlKey = randomBytes(32).toString('hex');
  private readonly masterKey: MasterKey = parseMasterKey(this.masterKeyText);
  private readonly stops: (() => Promise<unknown>)[] = [];
  private readonly running = new Set<() => Promise<void>>();
  private readonly sender: FlowSender;
  private readonly guestAccount: FlowClient;
  private readonly mailIngest: Pool;
  /** Looks behind the functions. */
  readonly superuser: Pool;

  private constructor(
    private readonly database: InkpostDatabase,
    private readonly redisUrl: string,
    readonly folder: string,
  ) {
    this.sender = new FlowSender(redisUrl, createLog('test', 'fatal'));
    this.guestAccount = new FlowClient(database.pool('guest-account'), this.sender);
    this.mailIngest = database.pool('mail-ingest');
    this.superuser = database.superuserPool();
  }

  static async start(): Promise<PrintHarness> {
    const [database, redis, folder] = await Promise.all([createInkpostDatabase(), createTestRedis(), temporaryFolder(SERVICE)]);
    const harness = new PrintHarness(database, redis.url, folder.path);
    harness.stops.push(() => folder.remove(), () => redis.drop(), () => database.drop(), () => harness.sender.stop());
    await mkdir(join(folder.path, 'secrets', SERVICE), { recursive: true });
    await mkdir(join(folder.path, 'spool'));
    const secrets = { 'database-password': database.passwords[SERVICE], 'control-key': harness.controlKey, 'master-key': harness.masterKeyText };
    for (const [name, text] of Object.entries(secrets)) await writeFile(join(folder.path, 'secrets', SERVICE, name), text);
    await harness.sender.waitForRedis(5_000);
    return harness;
  }

  async startInstance(settings: Readonly<Record<string, string>> = {}): Promise<Instance> {
    const port = await freePort();
    const [config] = readConfigs([printSubmitConfig], {
      INKPOST_DATABASE_URL: this.database.url, INKPOST_REDIS_URL: this.redisUrl, INKPOST_SECRETS_FOLDER: join(this.folder, 'secrets'),
      INKPOST_SPOOL_FOLDER: join(this.folder, 'spool'), INKPOST_LOG_LEVEL: 'fatal', INKPOST_PRINT_SUBMIT_LISTEN: `127.0.0.1:${port}`, ...settings,
    });
    const running = await startService(printSubmit, config, this.telemetry, '0.0.0-test');
    const key = new TextEncoder().encode(this.controlKey);
    const client = <S extends DescService>(service: S, rights: readonly Right[]): Client<S> =>
      createClient(service, createConnectTransport({
        httpVersion: '1.1', baseUrl: `http://127.0.0.1:${port}`,
        interceptors: [(next) => async (request) => {
          request.header.set('authorization', `Bearer ${await signControlToken(key, SERVICE, { actor: 'tester', rights })}`);
          return next(request);
        }],
      }));
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= running.stop().finally(() => this.running.delete(stop)));
    this.running.add(stop);
    return { queues: client(QueueService, RIGHTS), finishing: client(FinishingService, RIGHTS), jobs: client(JobService, RIGHTS), release: client(ReleaseService, []), client, stop };
  }

  async stopInstances(): Promise<void> {
    await Promise.all([...this.running].map((stop) => stop()));
  }

  /** Stops all instances and removes what they stood on: let `beforeAll` return it. */
  async remove(): Promise<void> {
    await this.stopInstances();
    for (const stop of this.stops.toReversed()) await stop();
  }

  /** As the service itself sees the database. */
  ownPool(): Pool {
    return this.database.pool(SERVICE);
  }

  metrics(): Promise<string> {
    return this.telemetry.metricsText();
  }

  /** A mail of this owner with these documents, as it comes from guest-account. */
  async mail(queueId: string, options: MailOptions = {}): Promise<Mailed> {
    const { owner = 'ada@example.org', mailboxId = 'mailbox-1', documents = [{}], refusedParts = [], ownerHasPin = false, submission, groups = [] } = options;
    const messageId = randomUUID();
    const spool = new Spool(this.mailIngest, this.masterKey, join(this.folder, 'spool'));
    const spooled = await Promise.all(documents.map(async ({ bytes = samplePdf({ text: messageId }) }) => spool.write(Readable.from([bytes]), Number.MAX_SAFE_INTEGER)));
    await this.mailIngest.query(`SELECT spool.put($1, 'print_submit', $2)`, [JSON.stringify(spooled), new Date(Date.now() + 30 * DAY_MS)]);
    const publication: Publication = {
      subject: 'account.owner-resolved.v1',
      payload: {
        messageId, mailboxId, queueId, ownerHasPin, ownerGroups: [...groups], created: false, subject: 'Please print', automatic: false, submissions: submission ? [submission] : [],
        owner: { accountId: `account:${owner}`, directory: 'guests', address: owner, displayName: 'Ada Lovelace', language: 'en' },
        documents: spooled.map(({ id, sha256, sizeBytes }, index) => ({
          documentId: id, sha256, sizeBytes, pages: documents[index]?.pages ?? 1,
          fileName: documents[index]?.fileName ?? `page-${index + 1}.pdf`, documentFormat: documents[index]?.documentFormat ?? 'application/pdf',
        })),
        refusedParts: refusedParts.map((fileName) => ({ documentId: randomUUID(), fileName, mediaType: 'image/png', reason: 'unsupported-format', statusText: `Job [${fileName}] has an invalid/unsupported mime type` })),
      },
    };
    await this.guestAccount.publish({ journeyId: messageId, entries: [], publish: [publication] });
    return { messageId, jobIds: spooled.map(({ id }) => id), sha256: spooled.map(({ sha256 }) => sha256) };
  }

  /** A fact about accounts, as guest-account tells it. */
  async tellOfAccount(publication: Extract<Publication, { subject: 'account.erased.v1' | 'account.merged.v1' }>): Promise<void> {
    await this.guestAccount.publish({ journeyId: randomUUID(), entries: [], publish: [publication] });
  }

  /** A mailbox was deleted, as mail-ingest says so. */
  async deleteMailbox(mailboxId: string): Promise<void> {
    await new FlowClient(this.mailIngest, this.sender).publish({ journeyId: mailboxId, entries: [], publish: [{ subject: 'mailbox.deleted.v1', payload: { mailboxId } }] });
  }

  /** Facts that were published of a message; nobody consumes them here. */
  async facts(messageId: string, subject = '%'): Promise<Fact[]> {
    const { rows } = await this.superuser.query<Fact>(
      `SELECT subject, payload FROM flow.message WHERE journey_id = $1 AND subject LIKE $2 AND producer = 'print_submit' AND consumer <> 'print_submit' ORDER BY created_at, subject`, [messageId, subject]);
    return rows;
  }

  /** The code as its mail would tell it: the first of the message, or of this address. */
  async codeOf({ messageId, to }: Pick<Mailed, 'messageId'> & { readonly to?: string }, subject: 'print.job-held.v1' | 'print.code-requested.v1' = 'print.job-held.v1'): Promise<string> {
    for (let tries = 0; tries < 500; tries += 1) {
      const held = (await this.facts(messageId, subject)).find(({ payload }) => to === undefined || (payload['owner'] as { address: string }).address === to);
      if (held) {
        const { sealedPuk, owner } = held.payload as { sealedPuk: string; owner: { address: string } };
        return openSecret(this.masterKey, `puk:${messageId}:${owner.address}`, Buffer.from(sealedPuk, 'base64'));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('the message was not held');
  }

  async journey(messageId: string): Promise<{ step: string; evidence: Record<string, unknown>; document: string | null }[]> {
    const { rows } = await this.superuser.query<{ step: string; evidence: Record<string, unknown>; document: string | null }>(
      'SELECT step, evidence, document_id AS document FROM journey.entry WHERE message_id = $1 ORDER BY id', [messageId]);
    return rows;
  }

  async steps(messageId: string): Promise<string[]> {
    return (await this.journey(messageId)).map(({ step }) => step);
  }

  /** State and reason of a job, `pending printer-unreachable`; empty before it is there. */
  async stateOf(jobId: string | undefined): Promise<string> {
    const { rows } = await this.superuser.query<{ state: string }>(`SELECT job_state || ' ' || job_state_reason AS state FROM print_submit.job WHERE id = $1`, [jobId]);
    return rows[0]?.state ?? '';
  }

  /** Whether the key of the document is erased, and with it the document. */
  async isErased(jobId: string | undefined): Promise<boolean> {
    const { rows } = await this.superuser.query('SELECT 1 FROM spool.document WHERE id = $1 AND wrapped_key IS NOT NULL', [jobId]);
    return rows.length === 0;
  }
}

/** `expect.poll` with patience: how long things take on a busy machine is not what these tests are about. */
export function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 20_000 });
}

/** Settings of a queue with nothing special. */
export function queueSettings(queueId: string, printerUri: string, validation = true) {
  return { queueId, name: `Queue ${queueId}`, printerUri, validation, holdHours: 0, certificateAuthority: '' };
}

/** SHA-256 of what came out on paper, from the files themselves. */
export async function onPaper(printed: readonly PrintedDocument[]): Promise<string[]> {
  return Promise.all(printed.map(async ({ path }) => createHash('sha256').update(await readFile(path)).digest('hex')));
}
