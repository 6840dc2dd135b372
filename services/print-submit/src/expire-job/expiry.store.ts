import type { FlowClient, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { chargingLimits, expiryLimits, guessingLimits, printLimits } from '../limits.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { EXPERT_DEFAULTS, SET_FOR_QUEUE } from '../queues/expert-settings.js';
import { isOvertaken } from '../print-job/statement-errors.js';

type Row = Job & Record<string, unknown>;

/** What the clock does to jobs, in Postgres. */
export class ExpiryStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** Held jobs whose owner is to be told, or whose time is over. */
  async findDue(): Promise<Job[]> {
    return query<Row>(
      this.pool, 'expiry.due', `SELECT ${JOB_COLUMNS} FROM job WHERE job_state = 'pending-held' AND hold_due_at <= now() ORDER BY hold_due_at, message_id LIMIT $1`, [printLimits.jobsAtOnceMax],
    );
  }

  /** Released jobs that waited for their printer for as long as their documents are kept. */
  async findForsaken(): Promise<Job[]> {
    return query<Row>(
      this.pool, 'expiry.forsaken',
      `SELECT ${JOB_COLUMNS} FROM job LEFT JOIN queue q ON q.id = job.queue_id LEFT JOIN queue_group g ON g.id = q.group_id
       WHERE job.completed_at IS NULL AND job.job_state = 'pending' AND job.released_at < now() - make_interval(hours => coalesce((${SET_FOR_QUEUE} ->> 'patienceHours')::int, $1)) LIMIT $2`,
      [EXPERT_DEFAULTS.patienceHours, printLimits.jobsAtOnceMax],
    );
  }

  /** The owner hears of it once: the next look is when the time is over. False: another told it already. */
  async noteTold(messageId: string, jobIds: readonly string[], entries: readonly JourneyEntry[], fact: Publication): Promise<boolean> {
    try {
      await this.flow.publish({ journeyId: messageId, entries, publish: [fact] }, {
        name: 'jobs.expiring',
        with: `moved AS (UPDATE job SET hold_due_at = job_hold_until FROM step WHERE job.id = ANY ($6::uuid[]) AND job_state = 'pending-held' AND hold_due_at < job_hold_until RETURNING job.id)`,
        select: 'require_rows((SELECT count(*) FROM moved), cardinality($6::uuid[])) AS moved',
        values: [jobIds],
      });
      return true;
    } catch (error) {
      if (isOvertaken(error)) return false;
      throw error;
    }
  }

  /** Codes without a waiting job, counts of release points long unused, accounts that nothing can name late any more, what was used and booked long ago, jobs past their time in the history. */
  async forgetOld(jobHistoryDays: number): Promise<void> {
    await query(this.pool, 'puk.forget', 'DELETE FROM puk WHERE NOT EXISTS (SELECT 1 FROM job WHERE job.account_id = puk.account_id AND job.completed_at IS NULL)', []);
    await query(this.pool, 'wrong-codes.forget', `DELETE FROM wrong_codes WHERE scope NOT IN ('trusted', 'untrusted') AND used_at < now() - make_interval(hours => $1)`, [guessingLimits.trustedHours]);
    await query(this.pool, 'former-account.forget', 'DELETE FROM former_account WHERE noted_at < now() - make_interval(days => $1)', [expiryLimits.formerAccountDays]);
    await query(this.pool, 'usage.forget', 'DELETE FROM usage_day WHERE day < current_date - $1::int', [chargingLimits.usageKeptDays]);
    await query(this.pool, 'booking.forget', 'DELETE FROM booking WHERE booked_at < now() - make_interval(days => $1)', [chargingLimits.bookingKeptDays]);
    await query(
      this.pool, 'job.forget',
      `DELETE FROM job WHERE id IN (
         SELECT id FROM job WHERE created_at < now() - make_interval(days => $1) AND completed_at < now() - make_interval(days => $1) ORDER BY created_at LIMIT $2)`,
      [jobHistoryDays, expiryLimits.purgeMax],
    );
  }
}
