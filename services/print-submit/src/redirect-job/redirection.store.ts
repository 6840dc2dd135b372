import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { redirectionLimits } from '../limits.js';
import type { Job } from '../print-job/job.js';
import { JOB_MOVES } from '../print-job/job-moves.js';
import { isOvertaken } from '../print-job/statement-errors.js';

/** Jobs go elsewhere only while no printer can have anything of them: before a delivery, as when an administrator cancels. */
const MOVABLE = JOB_MOVES.cancel.from;

/** Jobs that go to another queue than they were made for. */
export class RedirectionStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** `moved`; `queue-unknown`; `overtaken`: it is no longer where it was, or a printer has it. */
  async redirect(job: Job, queueId: string, actor: string): Promise<'moved' | 'queue-unknown' | 'overtaken'> {
    const [target] = await query<{ name: string }>(this.pool, 'redirection.target', 'SELECT name FROM queue WHERE id = $1', [queueId]);
    if (!target) return 'queue-unknown';
    const evidence = { fileName: job.fileName, fromQueueId: job.queueId, fromQueueName: job.queueName, queueId, queueName: target.name, why: 'administrator', actor };
    try {
      await this.flow.publish(
        { journeyId: job.messageId, entries: [{ step: 'redirected', document: job.jobId, evidence }], publish: [] },
        {
          name: 'redirection.move',
          // The lock keeps the queue from being deleted until its job can be seen.
          with: `target AS MATERIALIZED (SELECT id, name FROM queue WHERE id = $7 FOR KEY SHARE),
                 moved AS (UPDATE job SET queue_id = target.id, queue_name = target.name, job_state_reason = CASE WHEN job_state = 'pending' THEN 'none' ELSE job_state_reason END, problem = '', told_reason = ''
                   FROM target, step WHERE job.id = $6 AND job.queue_id = $8 AND job.job_state = ANY ($9::text[]) RETURNING job.id)`,
          select: 'require_rows((SELECT count(*) FROM moved), 1) AS moved',
          values: [job.jobId, queueId, job.queueId, MOVABLE],
        },
      );
      return 'moved';
    } catch (error) {
      if (isOvertaken(error)) return 'overtaken';
      throw error;
    }
  }

  /** Released jobs of printers that have failed for a while go where their group says, if that one works. Gives the queues that have them now. */
  async redirectFromFailing(): Promise<string[]> {
    const rows = await query<{ queueId: string }>(
      this.pool, 'redirection.failing',
      `WITH due AS (
         SELECT job.id, job.queue_id, job.queue_name, t.id AS target_id, t.name AS target_name, p.problem
         FROM queue_group g JOIN queue q ON q.group_id = g.id JOIN printer p ON p.queue_id = q.id
           JOIN queue t ON t.id = g.redirect_queue_id JOIN printer tp ON tp.queue_id = t.id JOIN job ON job.queue_id = q.id
         WHERE g.redirect_when = 'fault' AND t.id <> q.id AND p.failing_since < now() - make_interval(secs => $1) AND tp.failing_since IS NULL
           AND job.completed_at IS NULL AND job.job_state = 'pending'
         ORDER BY job.released_at LIMIT $2 FOR UPDATE OF job SKIP LOCKED),
       home AS MATERIALIZED (SELECT queue.id FROM queue WHERE queue.id IN (SELECT target_id FROM due) FOR KEY SHARE),
       moved AS (
         UPDATE job SET queue_id = due.target_id, queue_name = due.target_name, job_state_reason = 'none', problem = '', told_reason = ''
         FROM due JOIN home ON home.id = due.target_id WHERE job.id = due.id AND job.job_state = 'pending'
         RETURNING job.id, job.message_id, job.file_name, due.queue_id, due.queue_name, due.target_id, due.target_name, due.problem),
       told AS (
         SELECT journey.append(message_id, jsonb_agg(jsonb_build_object('step', 'redirected', 'document', id, 'evidence', jsonb_build_object(
           'fileName', file_name, 'fromQueueId', queue_id, 'fromQueueName', queue_name, 'queueId', target_id, 'queueName', target_name, 'why', 'fault', 'problem', problem))))
         FROM moved GROUP BY message_id)
       SELECT DISTINCT target_id AS "queueId", (SELECT count(*) FROM told) AS told FROM moved`,
      [redirectionLimits.failingSeconds, redirectionLimits.jobsPerRound],
    );
    return rows.map(({ queueId }) => queueId);
  }
}
