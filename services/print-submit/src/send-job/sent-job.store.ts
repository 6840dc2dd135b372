import type { FlowClient, FlowMessage, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { placeName } from '@inkpost/server-connection/reach-server.js';
import { currentTraceparent } from '@inkpost/telemetry/telemetry.js';
import type { DecidedFinishing } from '../finishing/finishing.js';
import { decisiveRow, OPTION_COLUMNS } from '../finishing/finishing.store.js';
import { optionsEvidence } from '../finishing/options-evidence.js';
import { printLimits, sendingLimits } from '../limits.js';
import type { Submitter } from '../ports/print-server.port.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { JOB_MOVES } from '../print-job/job-moves.js';
import { isOvertaken } from '../print-job/statement-errors.js';
import { SENT_QUEUE_ID, type SendingSettings } from '../sending-server/sending-settings.js';
import { SENDING_REASON, type SentJob, type WaitReason } from './sent-job.js';

type OwnerResolved = FlowMessage<'account.owner-resolved.v1'>;
type Row = Job & { readonly mailboxQueueId: string; readonly serverId: string; readonly serverAccount: string; readonly thereJobId: string | null; readonly isNowhere?: boolean } & Record<string, unknown>;

const SENT_COLUMNS = `${JOB_COLUMNS}, s.mailbox_queue_id AS "mailboxQueueId", s.server_id AS "serverId", s.server_account AS "serverAccount", s.there_job_id AS "thereJobId"`;
const LEASE = `now() + make_interval(secs => ${sendingLimits.leaseSeconds})`;
const UNFINISHED = `job.queue_id = '${SENT_QUEUE_ID}' AND job.completed_at IS NULL`;
/** A job that is pending is nowhere else; one that is processing without an answer may be. */
const TO_SEND = `${UNFINISHED} AND (job.job_state = 'pending' OR (job.job_state = 'processing' AND s.there_job_id IS NULL))`;
const TO_FOLLOW = `${UNFINISHED} AND job.job_state = 'processing' AND s.there_job_id IS NOT NULL`;

const DAY_MS = 86_400_000;
const HEAD_COLUMNS = ['message_id', 'mailbox_id', 'queue_id', 'queue_name', 'account_id', 'directory', 'owner_address', 'owner_name', 'owner_language', 'owner_groups', ...OPTION_COLUMNS, 'finishing_decided_by', 'job_state', 'job_state_reason', 'trace', 'released_at'];
const DOCUMENT_COLUMNS = ['id', 'position', 'file_name', 'document_format', 'pages', 'size_bytes', 'sha256'];
const TAKE = `
  home AS MATERIALIZED (
    SELECT r.revision FROM sending_revision r, jsonb_populate_record(NULL::job, $7) AS h, step
    WHERE r.revision = $8 AND (${OPTION_COLUMNS.map((column) => `h.${column}`).join(', ')}, h.finishing_decided_by) = (${decisiveRow('h.mailbox_id')})
      AND NOT EXISTS (SELECT 1 FROM former_account f WHERE f.account_id = $11::text) FOR SHARE OF r),
  jobs AS (
    INSERT INTO job (${HEAD_COLUMNS.join(', ')}, ${DOCUMENT_COLUMNS.join(', ')})
    SELECT ${HEAD_COLUMNS.map((column) => `h.${column}`).join(', ')}, ${DOCUMENT_COLUMNS.map((column) => `d.${column}`).join(', ')}
    FROM jsonb_populate_record(NULL::job, $7) AS h, jsonb_populate_recordset(NULL::job, $6) AS d, home RETURNING id),
  sent AS (INSERT INTO sent_job (job_id, mailbox_queue_id) SELECT id, $9 FROM jobs RETURNING job_id)`;

/** What is to be done now. */
export interface DueJobs extends Record<string, unknown> {
  /** Of the server's settings. */
  readonly revision: number;
  readonly toSend: boolean;
  readonly toFollow: boolean;
}

/** Jobs that another server prints, in Postgres. */
export class SentJobStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /**
   * Documents become jobs of the other server; the whole step in one round trip. False: it was done before. Throws what `isOvertaken`
   * knows when the server, finishing options or the owner's account are no longer as given.
   */
  async take(message: OwnerResolved, finishing: DecidedFinishing, { server, revision }: { readonly server: SendingSettings; readonly revision: number }): Promise<boolean> {
    const { payload, journeyId } = message;
    const place = placeName(server.address, server.port);
    const entries = payload.documents.map(({ documentId, fileName }): JourneyEntry => ({ step: 'sending-to-server', document: documentId, evidence: { fileName, server: place, ...optionsEvidence(finishing), finishingDecidedBy: finishing.decidedBy } }));
    const row = await this.flow.step(message, { journeyId, entries, publish: refusedPartFacts(payload, place) }, {
      name: 'sent-job.take', with: TAKE, select: 'require_rows((SELECT count(*) FROM jobs), jsonb_array_length($6)) AS taken, (SELECT count(*) FROM sent) AS sent, spool.keep_until(ARRAY(SELECT id FROM jobs), $10) AS kept',
      values: [
        JSON.stringify(documentRows(payload)), JSON.stringify(headRow(payload, finishing, place)), revision, payload.queueId, new Date(Date.now() + printLimits.releasedClaimDays * DAY_MS), payload.owner.accountId,
      ],
    });
    return row !== undefined;
  }

  async findDue(): Promise<DueJobs> {
    const [row] = await query<DueJobs>(
      this.pool, 'sent-job.due',
      `SELECT r.revision, EXISTS (SELECT 1 FROM sent_job s JOIN job ON job.id = s.job_id WHERE s.due_at <= now() AND ${TO_SEND}) AS "toSend",
         EXISTS (SELECT 1 FROM sent_job s JOIN job ON job.id = s.job_id WHERE s.due_at <= now() AND ${TO_FOLLOW}) AS "toFollow" FROM sending_revision r`, [],
    );
    return row ?? { revision: 0, toSend: false, toFollow: false };
  }

  /**
   * The next job in the order of their release, none of these accounts; with the intent written down to hand it to this submitter's server.
   * One that another submitter may have got already keeps that name.
   */
  async claim({ serverId, account }: Submitter, accountsUnderWay: readonly string[]): Promise<SentJob | undefined> {
    const [row] = await query<Row>(
      this.pool, 'sent-job.claim',
      `WITH due AS (
         SELECT s.job_id, job.job_state = 'pending' AS is_nowhere FROM sent_job s JOIN job ON job.id = s.job_id
         WHERE s.due_at <= now() AND ${TO_SEND} AND job.account_id <> ALL ($3::text[])
         ORDER BY job.released_at, job.created_at, job.position LIMIT 1 FOR UPDATE OF s, job SKIP LOCKED),
       s AS (
         UPDATE sent_job SET due_at = ${LEASE}, there_job_id = NULL,
           server_id = CASE WHEN is_nowhere THEN $1 ELSE server_id END, server_account = CASE WHEN is_nowhere THEN $2 ELSE server_account END
         FROM due WHERE sent_job.job_id = due.job_id RETURNING sent_job.*, due.is_nowhere),
       begun AS (
         UPDATE job SET job_state = 'processing', job_state_reason = $4, problem = '', attempts = job.attempts + 1 FROM s WHERE job.id = s.job_id RETURNING job.*)
       SELECT ${SENT_COLUMNS}, s.is_nowhere AS "isNowhere" FROM s JOIN begun AS job ON job.id = s.job_id`,
      [serverId, account, accountsUnderWay, SENDING_REASON],
    );
    return row && toSentJob(row);
  }

  /** Jobs there that are to be asked for. */
  async claimFollowed(): Promise<SentJob[]> {
    const rows = await query<Row>(
      this.pool, 'sent-job.claim-followed',
      `WITH due AS (
         SELECT s.job_id FROM sent_job s JOIN job ON job.id = s.job_id WHERE s.due_at <= now() AND ${TO_FOLLOW} ORDER BY s.due_at LIMIT $1 FOR UPDATE OF s SKIP LOCKED),
       s AS (UPDATE sent_job SET due_at = ${LEASE} FROM due WHERE sent_job.job_id = due.job_id RETURNING sent_job.*)
       SELECT ${SENT_COLUMNS} FROM s JOIN job ON job.id = s.job_id`, [sendingLimits.jobsPerLook],
    );
    return rows.map(toSentJob);
  }

  async find(jobId: string): Promise<SentJob | undefined> {
    const [row] = await query<Row>(this.pool, 'sent-job.find', `SELECT ${SENT_COLUMNS} FROM sent_job s JOIN job ON job.id = s.job_id WHERE s.job_id = $1`, [jobId]);
    return row && toSentJob(row);
  }

  /** Whoever is at work on these goes on. */
  async renew(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length > 0) await query(this.pool, 'sent-job.renew', `UPDATE sent_job SET due_at = ${LEASE} WHERE job_id = ANY ($1::uuid[])`, [jobIds]);
  }

  /** The other server has it: nothing is kept of the document here. Gives the ids of documents whose bytes may go; undefined: the job was ended meanwhile. */
  async noteTaken(job: Job, thereJobId: string, entry: JourneyEntry): Promise<readonly string[] | undefined> {
    try {
      const { erased } = await this.flow.publish<{ erased: string[] }>({ journeyId: job.messageId, entries: [entry], publish: [] }, {
        name: 'sent-job.taken',
        with: `sent AS (UPDATE sent_job SET there_job_id = $7, due_at = now() + make_interval(secs => $8) FROM step WHERE job_id = $6 RETURNING job_id),
               moved AS (UPDATE job SET job_state_reason = '${SENDING_REASON}', problem = '', accepted_at = now() FROM sent WHERE job.id = sent.job_id AND job.job_state = 'processing' RETURNING job.id)`,
        select: 'require_rows((SELECT count(*) FROM moved), 1) AS moved, spool.drop(ARRAY[$6::uuid]) AS erased',
        values: [job.jobId, thereJobId, sendingLimits.lookSecondsMin],
      });
      return erased;
    } catch (error) {
      if (isOvertaken(error)) return undefined;
      throw error;
    }
  }

  /** The other server has nothing of it: it waits again, in its old place. The journey is told of each reason once. */
  async putBack({ jobId }: Job, reason: WaitReason, problem: string, afterSeconds: number): Promise<void> {
    const { from, to } = JOB_MOVES.postpone;
    await this.wait('sent-job.put-back', `sent AS (UPDATE sent_job SET due_at = now() + make_interval(secs => $4) FROM old WHERE sent_job.job_id = old.id)`,
      'job.id = $3 AND job.job_state = ANY ($5::text[])', `job_state = '${to}', `, [jobId, afterSeconds, from], reason, problem);
  }

  /** The other server may have it, and can't be asked now. */
  async noteSilence({ jobId }: Job, problem: string): Promise<void> {
    await this.wait('sent-job.silence', 'sent AS (UPDATE sent_job SET due_at = now() + make_interval(secs => least(power(2, least(attempts, 10)), $4)) FROM old WHERE sent_job.job_id = old.id)', `job.id = $3 AND job.job_state = 'processing'`, '', [jobId, sendingLimits.lookSecondsMax], 'server-unreachable', problem);
  }

  /** The other server can't be used: those that wait for it say why. */
  async markWaiting(reason: WaitReason, problem: string): Promise<void> {
    await this.wait('sent-job.mark-waiting', '', `${UNFINISHED} AND job.job_state = 'pending' AND (job.job_state_reason <> $1 OR job.problem <> $2)`, '', [], reason, problem);
  }

  private async wait(name: string, more: string, which: string, state: string, values: readonly unknown[], reason: WaitReason, problem: string): Promise<void> {
    await query(
      this.pool, name,
      `WITH old AS (SELECT job.id, job.told_reason, job.attempts FROM job WHERE ${which} ORDER BY job.released_at LIMIT ${printLimits.jobsAtOnceMax} FOR UPDATE SKIP LOCKED),
       ${more === '' ? '' : `${more},`}
       told AS (
         UPDATE job SET ${state}job_state_reason = $1, problem = $2, told_reason = $1 FROM old WHERE job.id = old.id RETURNING job.id, job.message_id, job.file_name, job.queue_name, old.told_reason <> $1 AS is_new)
       SELECT journey.append(message_id, jsonb_agg(jsonb_build_object('step', 'waiting-for-server', 'document', id, 'evidence',
         jsonb_build_object('fileName', file_name, 'server', queue_name, 'reason', $1::text, 'problem', $2::text)))) FROM told WHERE is_new GROUP BY message_id`,
      [reason, problem, ...values],
    );
  }

  /** It is still there: asked for again after this time. */
  async lookLater({ job: { jobId, problem: before } }: SentJob, problem: string, afterSeconds: number): Promise<void> {
    await query(
      this.pool, 'sent-job.look-later',
      `WITH sent AS (UPDATE sent_job SET due_at = now() + make_interval(secs => $2) WHERE job_id = $1)
       UPDATE job SET problem = $3, job_state_reason = '${SENDING_REASON}' WHERE id = $1 AND job_state = 'processing' AND ($4 OR job_state_reason <> '${SENDING_REASON}')`,
      [jobId, afterSeconds, problem, before !== problem],
    );
  }

  /** Nobody can say whether it is printed there: a person decides. False: it was ended meanwhile. */
  async doubt(job: Job, problem: string, entry: JourneyEntry): Promise<boolean> {
    const { from, to } = JOB_MOVES.doubt;
    try {
      await this.flow.publish({ journeyId: job.messageId, entries: [entry], publish: [] }, {
        name: 'sent-job.doubt',
        with: `moved AS (UPDATE job SET job_state = $7, job_state_reason = 'uncertain', problem = $8 FROM step WHERE job.id = $6 AND job.job_state = ANY ($9::text[]) RETURNING job.id)`,
        select: 'require_rows((SELECT count(*) FROM moved), 1) AS moved', values: [job.jobId, to, problem, from],
      });
      return true;
    } catch (error) {
      if (isOvertaken(error)) return false;
      throw error;
    }
  }
}

/** What the jobs of a message have in common, by column. */
function headRow({ messageId, mailboxId, owner, ownerGroups }: OwnerResolved['payload'], { colorMode, sides, copies, media, pageRanges, decidedBy }: DecidedFinishing, place: string) {
  return {
    message_id: messageId, mailbox_id: mailboxId, queue_id: SENT_QUEUE_ID, queue_name: place, account_id: owner?.accountId, directory: owner?.directory, owner_address: owner?.address,
    owner_name: owner?.displayName, owner_language: owner?.language, owner_groups: ownerGroups, color_mode: colorMode, sides, copies, media, page_ranges: pageRanges, finishing_decided_by: decidedBy,
    job_state: 'pending', job_state_reason: 'none', trace: currentTraceparent(), released_at: new Date(),
  };
}

function documentRows({ documents }: OwnerResolved['payload']) {
  return documents.map(({ documentId, fileName, documentFormat, pages, sizeBytes, sha256 }, position) => ({
    id: documentId, position, file_name: fileName.slice(0, printLimits.fileNameLengthMax), document_format: documentFormat, pages, size_bytes: sizeBytes, sha256,
  }));
}

/** No mail from here tells of the code, and with it of what was refused: it is told part by part. */
function refusedPartFacts({ messageId, owner, refusedParts }: OwnerResolved['payload'], queueName: string): Publication[] {
  return refusedParts.map(({ documentId, fileName, reason, statusText }) => ({ subject: 'print.job-aborted.v1', payload: { messageId, owner, queueName, job: { jobId: documentId, fileName, pages: 0 }, reason, statusText } }));
}

function toSentJob({ mailboxQueueId, serverId, serverAccount, thereJobId, isNowhere = false, ...job }: Row): SentJob {
  return { job, mailboxQueueId, submitter: { serverId, account: serverAccount }, thereJobId: thereJobId ?? undefined, isNowhere };
}
