import type { FlowClient, FlowMessage, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Spool } from '@inkpost/spool/spool.js';
import { currentTraceparent } from '@inkpost/telemetry/telemetry.js';
import { printLimits } from '../limits.js';
import type { DecidedFinishing } from '../finishing/finishing.js';
import { decisiveRow, OPTION_COLUMNS } from '../finishing/finishing.store.js';
import { OWNER_ERASED } from '../print-job/job.js';
import { chargedGroup } from '../tariffs/price-print.js';
import type { JobPlan, PlannedJob } from './plan-jobs.js';

type OwnerResolved = FlowMessage<'account.owner-resolved.v1'>;

export interface JobsToHold {
  readonly message: OwnerResolved;
  readonly jobs: readonly PlannedJob[];
  readonly plan: JobPlan;
  /** Of the server used for sending documents, of which there was none for these. */
  readonly sendingRevision: number;
  /** Undefined: none is held. */
  readonly codeHash: Buffer | undefined;
  readonly entries: readonly JourneyEntry[];
  readonly publish: readonly Publication[];
}

const of = (row: 'd' | 'h', columns: readonly string[]): string => columns.map((column) => `${row}.${column}`).join(', ');
/** What the jobs of a message may differ in. */
const OWN_COLUMNS = ['queue_id', 'queue_name', ...OPTION_COLUMNS, 'price', 'tariff_id', 'question', 'forced', 'finishing_decided_by', 'job_state', 'job_state_reason', 'problem', 'job_hold_until', 'hold_due_at', 'released_at', 'completed_at'];
const OF_HEAD = of('h', OPTION_COLUMNS);
const NEW_JOBS = `
  INSERT INTO job (id, message_id, mailbox_id, account_id, directory, owner_address, owner_name, owner_language, submitter, owner_groups, user_group,
    position, file_name, document_format, pages, size_bytes, sha256, trace, ${OWN_COLUMNS.join(', ')})
  SELECT d.id, h.message_id, h.mailbox_id, h.account_id, h.directory, h.owner_address, h.owner_name, h.owner_language, h.submitter, h.owner_groups, h.user_group,
    d.position, d.file_name, d.document_format, d.pages, d.size_bytes, d.sha256, h.trace, ${of('d', OWN_COLUMNS)}
  FROM jsonb_populate_record(NULL::job, $7) AS h, jsonb_populate_recordset(NULL::job, $6) AS d`;
// Whether the options that the jobs are made with, or that a program did not ask for, are still those that hold (EDG-12).
const FINISHING_HOLDS = `EXISTS (SELECT 1 FROM jsonb_populate_record(NULL::job, $7) AS h WHERE (${OF_HEAD}, h.finishing_decided_by) = (${decisiveRow('h.mailbox_id')}))`;
// The owner's account may have been erased or merged while the message was on its way.
const OWNER_HOLDS = 'NOT EXISTS (SELECT 1 FROM former_account f WHERE f.account_id = $11::text)';
const CHARGING_HOLDS = '(SELECT version FROM charging) = $13';
// Whether documents are printed here at all.
const SENDING_HOLDS = '(SELECT revision FROM sending_revision) = $14';
// The lock keeps the queues from being deleted until their jobs can be seen.
const HOME = `home AS MATERIALIZED (
  SELECT q.id FROM queue q JOIN unnest($8::text[], $9::int[]) AS known (id, version) ON known.id = q.id AND known.version = q.version, step
  WHERE ${FINISHING_HOLDS} AND ${OWNER_HOLDS} AND ${CHARGING_HOLDS} AND ${SENDING_HOLDS} FOR KEY SHARE OF q)`;
const IS_HOME = '(SELECT count(*) FROM home) = cardinality($8::text[])';
const JOBS = `jobs AS (${NEW_JOBS} WHERE ${IS_HOME} RETURNING id, completed_at IS NULL AS waits)`;
const CODE = `code AS (INSERT INTO puk (code_hash, account_id) SELECT $10::bytea, $11::text WHERE $10::bytea IS NOT NULL AND ${IS_HOME})`;
const HELD = 'require_rows((SELECT count(*) FROM jobs), jsonb_array_length($6)) AS held, spool.keep_until(ARRAY(SELECT id FROM jobs WHERE waits), $12) AS kept';

/** New jobs in Postgres. */
export class HoldStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly spool: Spool,
  ) {}

  /**
   * The whole step in one round trip. False: it was done before. Throws what `isOvertaken` knows when queues, finishing options,
   * tariffs and filters or the owner's account are no longer as given, and a unique violation when the code is another account's.
   */
  async hold({ message, jobs, plan, sendingRevision, codeHash, entries, publish }: JobsToHold): Promise<boolean> {
    const { payload, journeyId } = message;
    const queues = new Map([plan.queue, ...jobs.map(({ queue }) => queue)].flatMap((queue) => [[queue.queueId, queue.version], [queue.askedId, queue.askedVersion]]));
    const isAnyRefused = jobs.some(({ fate }) => fate.kind === 'refused');
    const row = await this.flow.step<{ erased?: string[] }>(message, { journeyId, entries, publish }, {
      name: isAnyRefused ? 'jobs.hold-some' : 'jobs.hold',
      // What is refused is erased, and its bytes are removed then.
      ...(!isAnyRefused && { durable: 'with-the-next' }),
      with: `${HOME}, ${JOBS}, ${CODE}`,
      select: isAnyRefused ? `${HELD}, spool.drop(ARRAY(SELECT id FROM jobs WHERE NOT waits)) AS erased` : HELD,
      values: [
        JSON.stringify(jobs.map((job, index) => ({ ...documentRow(message, index), ...jobRow(job, plan.options.decidedBy) }))), JSON.stringify(headOf(message, plan.finishing, chargedGroup(plan.groups, plan.charging.groupOrder))),
        [...queues.keys()], [...queues.values()], codeHash ?? null, payload.owner.accountId, keepUntilOf(jobs, plan.now), plan.charging.version, sendingRevision,
      ],
    });
    await this.spool.removeBytes(row?.erased ?? []);
    return row !== undefined;
  }

  /** The owner was erased while the message was on its way: nothing is made of it, and nothing kept. */
  async refuseErased(message: OwnerResolved): Promise<void> {
    const { queueId, documents, submissions } = message.payload;
    const publish = submissions.length === 0 ? [] : documents.map(({ documentId }): Publication => ({ subject: 'print.submission-refused.v1', payload: { jobId: documentId, reason: OWNER_ERASED, statusText: '' } }));
    const row = await this.flow.step<{ erased: string[] }>(
      message,
      { journeyId: message.journeyId, publish, entries: documents.map(({ documentId }) => ({ step: 'canceled', document: documentId, evidence: { queueId, by: 'erasure', reason: OWNER_ERASED } })) },
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
    const { colorMode, sides, copies, media, pageRanges } = finishing;
    const aborted = {
      queue_id: queueId, queue_name: queueId, color_mode: colorMode, sides, copies, media, page_ranges: pageRanges, price: 0, tariff_id: '', question: '', forced: [], finishing_decided_by: finishing.decidedBy,
      job_state: 'aborted', job_state_reason: reason, problem, completed_at: new Date(),
    };
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
        values: [JSON.stringify(jobs.map((_, index) => ({ ...documentRow(message, index), ...aborted }))), JSON.stringify(headOf(message, finishing, ''))],
      },
    );
    await this.spool.removeBytes(row?.erased ?? []);
  }
}

/** What the jobs of a message have in common, by column; with the options that they begin with. */
function headOf({ payload }: OwnerResolved, { colorMode, sides, copies, media, pageRanges, decidedBy }: DecidedFinishing, userGroup: string) {
  const { owner } = payload;
  return {
    message_id: payload.messageId, mailbox_id: payload.mailboxId, account_id: owner.accountId, directory: owner.directory,
    owner_address: owner.address, owner_name: owner.displayName, owner_language: owner.language, submitter: payload.submissions[0]?.submitter ?? '', owner_groups: payload.ownerGroups, user_group: userGroup, trace: currentTraceparent(),
    color_mode: colorMode, sides, copies, media, page_ranges: pageRanges, finishing_decided_by: decidedBy,
  };
}

function documentRow({ payload }: OwnerResolved, position: number) {
  const document = payload.documents[position];
  return document && {
    id: document.documentId, file_name: document.fileName.slice(0, printLimits.fileNameLengthMax), document_format: document.documentFormat,
    position, pages: document.pages, size_bytes: document.sizeBytes, sha256: document.sha256,
  };
}

function jobRow({ queue, finishing: { colorMode, sides, copies, media, pageRanges }, decision: { question, forced }, fate, price, tariffId }: PlannedJob, finishingDecidedBy: DecidedFinishing['decidedBy']) {
  return {
    queue_id: queue.queueId, queue_name: queue.name, color_mode: colorMode, sides, copies, media, page_ranges: pageRanges, question, forced, price, tariff_id: tariffId, finishing_decided_by: finishingDecidedBy, ...stateOf(fate),
  };
}

function stateOf(fate: PlannedJob['fate']) {
  switch (fate.kind) {
    case 'refused':
      return { job_state: 'aborted', job_state_reason: fate.reason, problem: fate.problem, completed_at: new Date() };
    case 'held':
      return { job_state: 'pending-held', job_state_reason: 'job-hold-until-specified', problem: '', job_hold_until: fate.jobHoldUntil, hold_due_at: fate.holdDueAt };
    case 'released':
    default:
      return { job_state: 'pending', job_state_reason: 'none', problem: '', released_at: fate.releasedAt };
  }
}

/** The longest of theirs: what is no longer needed is dropped before. */
function keepUntilOf(jobs: readonly PlannedJob[], now: Date): Date {
  return new Date(Math.max(now.getTime(), ...jobs.map(({ fate }) => (fate.kind === 'refused' ? 0 : fate.keepUntil.getTime()))));
}
