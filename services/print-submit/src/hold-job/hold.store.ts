import type { FlowClient, FlowMessage, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Spool } from '@inkpost/spool/spool.js';
import { currentTraceparent } from '@inkpost/telemetry/telemetry.js';
import { printLimits } from '../limits.js';
import type { DecidedFinishing } from '../finishing/finishing.js';
import { decisiveRow, OPTION_COLUMNS } from '../finishing/finishing.store.js';
import { OWNER_ERASED } from '../print-job/job.js';
import type { KnownQueue } from '../queues/known-queues.js';
import type { Hold } from './decide-hold.js';

type OwnerResolved = FlowMessage<'account.owner-resolved.v1'>;

export interface JobsToHold {
  readonly message: OwnerResolved;
  readonly queue: KnownQueue;
  readonly finishing: DecidedFinishing;
  readonly hold: Hold;
  /** Absent on a queue without validation. */
  readonly codeHash: Buffer | undefined;
  readonly entries: readonly JourneyEntry[];
  readonly publish: readonly Publication[];
}

const OF_HEAD = OPTION_COLUMNS.map((column) => `h.${column}`).join(', ');
const NEW_JOBS = `
  INSERT INTO job (id, message_id, mailbox_id, queue_id, queue_name, account_id, directory, owner_address, owner_name, owner_language,
    position, file_name, document_format, pages, size_bytes, sha256, ${OPTION_COLUMNS.join(', ')}, finishing_decided_by, job_state, job_state_reason, problem, trace, job_hold_until, hold_due_at, released_at, completed_at)
  SELECT d.id, h.message_id, h.mailbox_id, h.queue_id, h.queue_name, h.account_id, h.directory, h.owner_address, h.owner_name, h.owner_language,
    d.position, d.file_name, d.document_format, d.pages, d.size_bytes, d.sha256, ${OF_HEAD}, h.finishing_decided_by, h.job_state, h.job_state_reason, h.problem, h.trace, h.job_hold_until, h.hold_due_at, h.released_at, h.completed_at
  FROM jsonb_populate_record(NULL::job, $7) AS h, jsonb_populate_recordset(NULL::job, $6) AS d`;
// Whether the options that the jobs are made with are still those that hold (EDG-12).
const FINISHING_HOLDS = `EXISTS (SELECT 1 FROM jsonb_populate_record(NULL::job, $7) AS h WHERE (${OF_HEAD}, h.finishing_decided_by) = (${decisiveRow('h.mailbox_id')}))`;
// The owner's account may have been erased or merged while the message was on its way.
const OWNER_HOLDS = 'NOT EXISTS (SELECT 1 FROM former_account f WHERE f.account_id = $11::text)';
// The lock keeps the queue from being deleted until its jobs can be seen.
const HOME = `home AS MATERIALIZED (
  SELECT q.id FROM queue q, queue asked, step WHERE q.id = $8 AND q.version = $9 AND asked.id = $13 AND asked.version = $14 AND ${FINISHING_HOLDS} AND ${OWNER_HOLDS} FOR KEY SHARE OF q)`;
const JOBS = `jobs AS (${NEW_JOBS}, home RETURNING id)`;
const CODE = 'code AS (INSERT INTO puk (code_hash, account_id) SELECT $10::bytea, $11::text FROM home WHERE $10::bytea IS NOT NULL)';

/** New jobs in Postgres. */
export class HoldStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly spool: Spool,
  ) {}

  /**
   * The whole step in one round trip. False: it was done before. Throws what `isOvertaken` knows when queue, finishing
   * options or the owner's account are no longer as given, and a unique violation when the code is another account's.
   */
  async hold({ message, queue, finishing, hold, codeHash, entries, publish }: JobsToHold): Promise<boolean> {
    const { payload, journeyId } = message;
    const head = { ...headOf(message, finishing), queue_id: queue.queueId, queue_name: queue.name, problem: '', ...stateOf(hold) };
    const row = await this.flow.step(message, { journeyId, entries, publish }, {
      name: 'jobs.hold',
      with: `${HOME}, ${JOBS}, ${CODE}`,
      select: 'require_rows((SELECT count(*) FROM jobs), jsonb_array_length($6)) AS held, spool.keep_until(ARRAY(SELECT id FROM jobs), $12) AS kept',
      values: [JSON.stringify(documentsOf(message)), JSON.stringify(head), queue.queueId, queue.version, codeHash ?? null, payload.owner.accountId, hold.keepUntil, queue.askedId, queue.askedVersion],
    });
    return row !== undefined;
  }

  /** The owner was erased while the message was on its way: nothing is made of it, and nothing kept. */
  async refuseErased(message: OwnerResolved): Promise<void> {
    const { queueId, documents } = message.payload;
    const row = await this.flow.step<{ erased: string[] }>(
      message,
      { journeyId: message.journeyId, publish: [], entries: documents.map(({ documentId }) => ({ step: 'canceled', document: documentId, evidence: { queueId, by: 'erasure', reason: OWNER_ERASED } })) },
      { name: 'jobs.refuse-erased', select: 'spool.drop($6::uuid[]) AS erased', values: [documents.map(({ documentId }) => documentId)] },
    );
    await this.spool.removeBytes(row?.erased ?? []);
  }

  /** Whether any of the documents can still be read. */
  async areKept(documentIds: readonly string[]): Promise<boolean> {
    const [row] = await query<{ kept: boolean }>(
      this.pool, 'documents.kept', 'SELECT EXISTS (SELECT 1 FROM unnest($1::uuid[]) AS id WHERE EXISTS (SELECT 1 FROM spool.open(id))) AS kept', [documentIds],
    );
    return row?.kept ?? false;
  }

  /** Jobs that never find a queue: they end where they begin, and their owner is told. */
  async giveUp(message: OwnerResolved, finishing: DecidedFinishing, reason: string, problem: string): Promise<void> {
    const { payload, journeyId } = message;
    const jobs = payload.documents.map(({ documentId, fileName, pages }) => ({ jobId: documentId, fileName, pages }));
    const { messageId, owner, queueId } = payload;
    const head = { ...headOf(message, finishing), queue_name: queueId, job_state: 'aborted', job_state_reason: reason, problem, completed_at: new Date() };
    const row = await this.flow.step<{ erased: string[] }>(
      message,
      {
        journeyId,
        entries: jobs.map(({ jobId, fileName }) => ({ step: 'aborted', document: jobId, evidence: { fileName, reason, problem, queueId, waitedDays: printLimits.releasedClaimDays } })),
        publish: jobs.map((job): Publication => ({ subject: 'print.job-aborted.v1', payload: { messageId, owner, queueName: queueId, job, reason, statusText: problem } })),
      },
      {
        name: 'jobs.give-up',
        with: `jobs AS (${NEW_JOBS}, step RETURNING id)`,
        select: 'require_rows((SELECT count(*) FROM jobs), jsonb_array_length($6)) AS given_up, spool.drop(ARRAY(SELECT id FROM jobs)) AS erased',
        values: [JSON.stringify(documentsOf(message)), JSON.stringify(head)],
      },
    );
    await this.spool.removeBytes(row?.erased ?? []);
  }
}

/** What the jobs of a message have in common, by column. */
function headOf({ payload }: OwnerResolved, { colorMode, sides, copies, media, pageRanges, decidedBy }: DecidedFinishing) {
  const { owner } = payload;
  return {
    message_id: payload.messageId, mailbox_id: payload.mailboxId, queue_id: payload.queueId, account_id: owner.accountId, directory: owner.directory,
    owner_address: owner.address, owner_name: owner.displayName, owner_language: owner.language, trace: currentTraceparent(),
    color_mode: colorMode, sides, copies, media, page_ranges: pageRanges, finishing_decided_by: decidedBy,
  };
}

function stateOf(hold: Hold) {
  return hold.kind === 'held'
    ? { job_state: 'pending-held', job_state_reason: 'job-hold-until-specified', job_hold_until: hold.jobHoldUntil, hold_due_at: hold.holdDueAt }
    : { job_state: 'pending', job_state_reason: 'none', released_at: hold.releasedAt };
}

function documentsOf({ payload }: OwnerResolved) {
  return payload.documents.map((document, position) => ({
    id: document.documentId, file_name: document.fileName.slice(0, printLimits.fileNameLengthMax), document_format: document.documentFormat,
    position, pages: document.pages, size_bytes: document.sizeBytes, sha256: document.sha256,
  }));
}
