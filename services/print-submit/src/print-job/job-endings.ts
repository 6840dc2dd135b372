import type { FlowClient, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { Spool } from '@inkpost/spool/spool.js';
import type { Log } from '@inkpost/telemetry/log.js';
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
}

const MOVED = `moved AS (
  UPDATE job SET job_state = $8, job_state_reason = $9, problem = $10, completed_at = now(), accepted_at = coalesce(job.accepted_at, $11), impressions = $13, sheets = $14, counted_by = $15
  FROM step, unnest($6::uuid[]) AS wanted (id) WHERE job.id = wanted.id AND job.job_state = ANY ($7::text[])
    AND $12::uuid IS NOT DISTINCT FROM (SELECT d.lease_token FROM delivery d WHERE d.job_id = job.id)
  RETURNING job.id, job.account_id)`;
const CLOSED = 'closed AS (DELETE FROM delivery USING moved WHERE delivery.job_id = moved.id)';
// Two last jobs of an account that end at the same moment each still see the other: the code is then ended by the expiry loop.
const ENDED = `ended AS (
  DELETE FROM puk USING (SELECT DISTINCT account_id FROM moved) AS gone
  WHERE puk.account_id = gone.account_id AND NOT EXISTS (
    SELECT 1 FROM job WHERE job.account_id = gone.account_id AND job.completed_at IS NULL AND job.id <> ALL ($6::uuid[])))`;

/** How jobs come to their end, whatever it is. */
export class JobEndings {
  constructor(
    private readonly flow: FlowClient,
    private readonly spool: Spool,
    private readonly log: Log,
  ) {}

  /**
   * One round trip: the state, the facts, the journey, the code that goes with its last job, the claim on the documents.
   * False, and nothing written, when one of the jobs was moved by somebody else meanwhile.
   */
  async end(ending: Ending): Promise<boolean> {
    const { from, to } = JOB_MOVES[ending.move];
    const { jobIds, count } = ending;
    try {
      const { erased } = await this.flow.publish<{ erased: string[] }>(
        { journeyId: ending.messageId, entries: ending.entries, publish: ending.publish },
        {
          name: 'jobs.end',
          with: `${MOVED}, ${CLOSED}, ${ENDED}`,
          select: 'require_rows((SELECT count(*) FROM moved), cardinality($6::uuid[])) AS moved, spool.drop($6::uuid[]) AS erased',
          values: [jobIds, from, to, ending.reason, ending.problem, ending.acceptedAt ?? null, ending.leaseToken ?? null, count?.impressions ?? null, count?.sheets ?? null, count?.countedBy ?? null],
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
