import { TransientFailure } from '@inkpost/failure/failure.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { printLimits } from '../limits.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { JOB_MOVES } from '../print-job/job-moves.js';
import { isOvertaken } from '../print-job/statement-errors.js';
import type { FinishingOption } from '../finishing/finishing.js';
import { expertSettings, type OwnExpertSettings, SET_FOR_QUEUE } from '../queues/expert-settings.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import type { Converted, Delivery } from './delivery.js';
import type { SentDocument } from './measure-document.js';

interface Row extends Job {
  readonly [column: string]: unknown;
  readonly phase: Delivery['phase'];
  readonly attempt: number;
  readonly printerUri: string;
  readonly certificateAuthority: string;
  readonly expert: OwnExpertSettings;
  readonly capabilities: PrinterCapabilities | null;
  readonly printerJobId: number | null;
  readonly sentBytes: number | null;
  readonly sentSha256: string | null;
  readonly convertedTo: string | null;
  readonly convertedSha256: string | null;
}

const DELIVERY_COLUMNS = `${JOB_COLUMNS}, d.phase, d.attempt, d.printer_uri AS "printerUri", d.printer_job_id AS "printerJobId",
  d.sent_bytes AS "sentBytes", d.sent_sha256 AS "sentSha256",
  d.converted_to AS "convertedTo", d.converted_sha256 AS "convertedSha256", q.certificate_authority AS "certificateAuthority", ${SET_FOR_QUEUE} AS expert, p.capabilities`;
const WITH_PRINTER = 'JOIN queue q ON q.id = d.queue_id LEFT JOIN queue_group g ON g.id = q.group_id JOIN printer p ON p.queue_id = d.queue_id';

/** What is about to leave, as the printer's job. */
export interface LeavingDocument {
  readonly printerJobId: number;
  readonly notApplied: readonly FinishingOption[];
  readonly converted: Converted | undefined;
}

/** The job goes back to waiting, or stops for a person to decide. */
export interface SetBack {
  readonly move: 'postpone' | 'doubt';
  readonly reason: string;
  readonly problem: string;
  /** The delivery broke off within the document. */
  readonly wasCut: boolean;
  readonly entries: readonly JourneyEntry[];
}

/** The rows of deliveries under way. All writing is bound to the lease: whoever lost it writes nothing more. */
export class DeliveryStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** Takes over what the last holder of the lease left unfinished. */
  async takeOver(queueId: string, leaseToken: string): Promise<Delivery[]> {
    const rows = await query<Row>(
      this.pool, 'delivery.take-over',
      `WITH d AS (
         UPDATE delivery SET lease_token = $2 FROM printer
         WHERE printer.queue_id = $1 AND printer.lease_token = $2 AND delivery.queue_id = $1 RETURNING delivery.*)
       SELECT ${DELIVERY_COLUMNS} FROM d JOIN job ON job.id = d.job_id ${WITH_PRINTER} ORDER BY job.released_at, job.created_at, job.position`,
      [queueId, leaseToken],
    );
    return rows.map(toDelivery);
  }

  /** The next jobs in the order of release, none of these accounts; with the intent to deliver them written down. */
  async claim(queueId: string, leaseToken: string, accountsUnderWay: readonly string[], limit: number): Promise<Delivery[]> {
    const { from, to } = JOB_MOVES.begin;
    const rows = await query<Row>(
      this.pool, 'delivery.claim',
      `WITH next AS (
         SELECT job.id FROM job WHERE job.queue_id = $1 AND job.completed_at IS NULL AND job.job_state = ANY ($4::text[]) AND job.account_id <> ALL ($3::text[])
           AND EXISTS (SELECT 1 FROM printer WHERE printer.queue_id = $1 AND printer.lease_token = $2)
         ORDER BY job.released_at, job.created_at, job.position LIMIT $6 FOR UPDATE SKIP LOCKED),
       begun AS (
         UPDATE job SET job_state = $5, job_state_reason = 'job-outgoing', problem = '', attempts = job.attempts + 1 FROM next WHERE job.id = next.id RETURNING job.*),
       d AS (
         INSERT INTO delivery (job_id, queue_id, lease_token, attempt, phase, printer_uri)
         SELECT begun.id, $1, $2, begun.attempts, 'creating', queue.printer_uri FROM begun JOIN queue ON queue.id = $1 RETURNING *)
       SELECT ${DELIVERY_COLUMNS} FROM d JOIN begun AS job ON job.id = d.job_id ${WITH_PRINTER} ORDER BY job.released_at, job.created_at, job.position`,
      [queueId, leaseToken, accountsUnderWay, from, to, limit],
    );
    return rows.map(toDelivery);
  }

  /** Claimed, and nothing was done for them yet: they wait again, in their old place. */
  async putBack(jobIds: readonly string[], leaseToken: string): Promise<void> {
    const { from, to } = JOB_MOVES.postpone;
    await query(
      this.pool, 'delivery.put-back',
      `WITH d AS (DELETE FROM delivery WHERE job_id = ANY ($1::uuid[]) AND lease_token = $2 AND phase = 'creating' RETURNING job_id)
       UPDATE job SET job_state = $4, job_state_reason = 'none' FROM d WHERE job.id = d.job_id AND job.job_state = ANY ($3::text[])`, [jobIds, leaseToken, from, to],
    );
  }

  /** The document is about to leave, without these of its options. Rejects when another took the delivery over: then it must not. */
  async noteSending(jobId: string, leaseToken: string, { printerJobId, notApplied, converted }: LeavingDocument): Promise<void> {
    const rows = await query(
      this.pool, 'delivery.sending',
      `WITH d AS (UPDATE delivery SET phase = 'sending', printer_job_id = $3, converted_to = $5, converted_sha256 = $6 WHERE job_id = $1 AND lease_token = $2 AND phase = 'creating' RETURNING job_id),
       told AS (UPDATE job SET not_applied = $4 FROM d WHERE job.id = d.job_id AND job.not_applied <> $4::text[])
       SELECT 1 AS noted FROM d`, [jobId, leaseToken, printerJobId, notApplied, converted?.documentFormat ?? null, converted?.sha256 ?? null],
    );
    if (rows.length === 0) throw new TransientFailure('print.delivery-overtaken', 'Another instance took this delivery over.');
  }

  /** The printer has the whole document. False: overtaken. */
  async noteAccepted({ job }: Delivery, leaseToken: string, accepted: { printerJobId: number; sent: SentDocument | undefined; acceptedAt: Date; reason: string; entry: JourneyEntry }): Promise<boolean> {
    const { printerJobId, sent, acceptedAt, reason, entry } = accepted;
    return this.write(job, [entry], {
      name: 'delivery.accepted',
      with: `d AS (UPDATE delivery SET phase = 'following', printer_job_id = $8, sent_bytes = $9, sent_sha256 = $10 FROM step WHERE job_id = $6 AND lease_token = $7 RETURNING job_id),
             moved AS (UPDATE job SET job_state_reason = $11, problem = '', accepted_at = $12 FROM d WHERE job.id = d.job_id RETURNING job.id)`,
      values: [job.jobId, leaseToken, printerJobId, sent?.bytes ?? null, sent?.sha256 ?? null, reason, acceptedAt],
    });
  }

  /** False: overtaken. */
  async setBack({ job }: Delivery, leaseToken: string, { move, reason, problem, wasCut, entries }: SetBack): Promise<boolean> {
    const { from, to } = JOB_MOVES[move];
    return this.write(job, entries, {
      name: 'delivery.set-back',
      with: `d AS (DELETE FROM delivery USING step WHERE job_id = $6 AND lease_token = $7 RETURNING job_id),
             moved AS (UPDATE job SET job_state = $9, job_state_reason = $10, problem = $11, told_reason = $10, cuts = job.cuts + $12
               FROM d WHERE job.id = d.job_id AND job.job_state = ANY ($8::text[]) RETURNING job.id)`,
      values: [job.jobId, leaseToken, from, to, reason, problem, wasCut ? 1 : 0],
    });
  }

  /** What the printer says of a job that it has; or that it can't be asked. */
  async noteProgress({ job }: Delivery, leaseToken: string, progress: { reason: string; problem: string; entries: readonly JourneyEntry[] }): Promise<boolean> {
    return this.write(job, progress.entries, {
      name: 'delivery.progress',
      with: `d AS (SELECT job_id FROM delivery, step WHERE job_id = $6 AND lease_token = $7),
             moved AS (UPDATE job SET job_state_reason = $8, problem = $9 FROM d WHERE job.id = d.job_id AND job.completed_at IS NULL RETURNING job.id)`,
      values: [job.jobId, leaseToken, progress.reason, progress.problem],
    });
  }

  /** The printer can't be used: those that wait for it say why, and their journeys are told once. */
  async markWaiting(queueId: string, reason: string, problem: string): Promise<void> {
    const evidence = JSON.stringify({ reason, problem, queueId });
    await query(
      this.pool, 'delivery.mark-waiting',
      `WITH old AS (
         SELECT id, told_reason FROM job WHERE queue_id = $1 AND completed_at IS NULL AND job_state = 'pending' AND job_state_reason <> $2
         ORDER BY released_at LIMIT $5 FOR UPDATE SKIP LOCKED),
       told AS (
         UPDATE job SET job_state_reason = $2, problem = $3, told_reason = $2 FROM old WHERE job.id = old.id AND job.job_state = 'pending'
         RETURNING job.id, job.message_id, old.told_reason <> $2 AS is_new)
       SELECT journey.append(message_id, jsonb_agg(jsonb_build_object('step', 'waiting-for-printer', 'document', id, 'evidence', $4::jsonb))) FROM told WHERE is_new GROUP BY message_id`,
      [queueId, reason, problem, evidence, printLimits.jobsAtOnceMax],
    );
  }

  /** The printer can be used again. */
  async clearWaiting(queueId: string): Promise<void> {
    await query(
      this.pool, 'delivery.clear-waiting',
      `UPDATE job SET job_state_reason = 'none', problem = '' WHERE queue_id = $1 AND completed_at IS NULL AND job_state = 'pending' AND job_state_reason <> 'none'`, [queueId],
    );
  }

  private async write({ messageId }: Job, entries: readonly JourneyEntry[], effects: { name: string; with: string; values: readonly unknown[] }): Promise<boolean> {
    try {
      await this.flow.publish({ journeyId: messageId, entries, publish: [] }, { ...effects, select: 'require_rows((SELECT count(*) FROM moved), 1) AS moved' });
      return true;
    } catch (error) {
      if (isOvertaken(error)) return false;
      throw error;
    }
  }
}

function toDelivery({ phase, attempt, printerUri, certificateAuthority, expert, capabilities, printerJobId, sentBytes, sentSha256, convertedTo, convertedSha256, ...job }: Row): Delivery {
  return {
    job, phase, attempt, printerUri, certificateAuthority,
    expert: expertSettings(expert),
    capabilities: capabilities ?? undefined,
    printerJobId: printerJobId ?? undefined,
    sent: sentBytes === null || sentSha256 === null ? undefined : { bytes: sentBytes, sha256: sentSha256 },
    converted: convertedTo === null || convertedSha256 === null ? undefined : { documentFormat: convertedTo, sha256: convertedSha256 },
  };
}
