import type { FlowClient, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { Spool } from '@inkpost/spool/spool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { type Charge, chargeStatement, chargeValues } from '../balances/charge-print.js';
import type { QueueNotices } from '../queue-notices/queue-notices.js';
import type { PrintCount } from './count-sheets.js';
import { JOB_MOVES } from './job-moves.js';
import { isOvertaken } from './statement-errors.js';

type EndingMove = { [M in keyof typeof JOB_MOVES]: (typeof JOB_MOVES)[M]['to'] extends 'completed' | 'canceled' | 'aborted' ? M : never }[keyof typeof JOB_MOVES];

export interface Ending {
  /** Jobs of one message. */
  readonly messageId: string;
  readonly jobIds: readonly string[];
  readonly move: EndingMove;
  readonly reason: string;
  readonly problem: string;
  readonly entries: readonly JourneyEntry[];
  readonly publish: readonly Publication[];
  /** Only while this lease holds their deliveries; absent: only jobs that nobody delivers. */
  readonly leaseToken?: string | undefined;
  /** When the printer took them, where it is known only now. */
  readonly acceptedAt?: Date | undefined;
  /** What came out; absent: they were not printed. */
  readonly count?: PrintCount | undefined;
  /** What it costs; with a count, and of one job alone. */
  readonly charge?: Charge | undefined;
}

// What is printed is kept as its queue says at that moment; what was printed once more is not, so that no document is kept for ever.
const KEPT_UNTIL = `CASE WHEN $8 = 'completed' AND job.reprint_of IS NULL THEN (
    SELECT now() + make_interval(hours => coalesce(g.keep_hours, q.keep_hours)) FROM queue q LEFT JOIN queue_group g ON g.id = q.group_id
    WHERE q.id = job.queue_id AND coalesce(g.keep_hours, q.keep_hours) > 0) END`;
const ALL_WANTED = 'job.id = ANY ($6::uuid[])';
// What is charged is one job, and PostgreSQL sees that it is: it takes an unknown list for ten, and then plans the whole statement anew for each job.
const THE_ONE_WANTED = 'job.id = ($6::uuid[])[1]';
const moved = (wanted: string, alsoSet = ''): string => `moved AS (
  UPDATE job SET job_state = $8, job_state_reason = $9, problem = $10, completed_at = now(), accepted_at = coalesce(job.accepted_at, $11), impressions = $13, sheets = $14, counted_by = $15, kept_until = ${KEPT_UNTIL}${alsoSet}
  FROM step WHERE ${wanted} AND job.job_state = ANY ($7::text[])
    AND $12::uuid IS NOT DISTINCT FROM (SELECT d.lease_token FROM delivery d WHERE d.job_id = job.id)
  RETURNING job.id, job.account_id, job.kept_until)`;
const CLOSED = 'closed AS (DELETE FROM delivery USING moved WHERE delivery.job_id = moved.id), let_go AS (DELETE FROM sent_job USING moved WHERE sent_job.job_id = moved.id)';
// Two last jobs of an account that end at the same moment each still see the other: the code is then ended by the expiry loop.
const ENDED = `ended AS (
  DELETE FROM puk USING (SELECT DISTINCT account_id FROM moved) AS gone
  WHERE puk.account_id = gone.account_id AND NOT EXISTS (
    SELECT 1 FROM job WHERE job.account_id = gone.account_id AND job.completed_at IS NULL AND job.id <> ALL ($6::uuid[])))`;

// $16 to $21: the charge.
const WITH_CHARGE = `${moved(THE_ONE_WANTED, ', price = $16, tariff_id = $17, user_group = $18')}, ${CLOSED}, ${ENDED}, ${chargeStatement(16)}`;
const WITHOUT_CHARGE = `${moved(ALL_WANTED)}, ${CLOSED}, ${ENDED}`;

/** How jobs come to their end, whatever it is. */
export class JobEndings {
  constructor(
    private readonly flow: FlowClient,
    private readonly spool: Spool,
    private readonly notices: QueueNotices,
    private readonly log: Log,
  ) {}

  /**
   * One round trip: the state, the facts, the journey, what it costs, the code that goes with its last job, the claim on the documents, given up or kept.
   * False, and nothing written, when one of the jobs was moved by somebody else meanwhile.
   */
  async end(ending: Ending): Promise<boolean> {
    const { from, to } = JOB_MOVES[ending.move];
    const { jobIds, count, charge } = ending;
    const publish = await this.notices.addTo(ending.publish);
    try {
      const { erased } = await this.flow.publish<{ erased: string[] }>(
        { journeyId: ending.messageId, entries: ending.entries, publish },
        {
          name: charge ? 'jobs.end-charged' : 'jobs.end',
          with: charge ? WITH_CHARGE : WITHOUT_CHARGE,
          select: 'require_rows((SELECT count(*) FROM moved), cardinality($6::uuid[])) AS moved, (SELECT count(spool.keep_until(ARRAY[id], kept_until)) FROM moved WHERE kept_until IS NOT NULL) AS kept, spool.drop(ARRAY(SELECT id FROM moved WHERE kept_until IS NULL)) AS erased',
          values: [
            jobIds, from, to, ending.reason, ending.problem, ending.acceptedAt ?? null, ending.leaseToken ?? null, count?.impressions ?? null, count?.sheets ?? null, count?.countedBy ?? null,
            ...(charge ? chargeValues(charge) : []),
          ],
        },
      );
      // What is left behind, the sweeper of the spool finds.
      await this.spool.removeBytes(erased).catch((error: unknown) => this.log.warning('document bytes not removed yet', { jobIds, error }));
      return true;
    } catch (error) {
      if (isOvertaken(error)) return false;
      throw error;
    }
  }
}
