import { Injectable } from '@nestjs/common';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { Spool } from '@inkpost/spool/spool.js';
import { type Job, OWNER_ERASED } from '../print-job/job.js';
import { JobEndings } from '../print-job/job-endings.js';
import { moveJob } from '../print-job/job-moves.js';
import { PrintMetrics } from '../print-metrics.js';
import { SentJobs } from '../send-job/sent-jobs.js';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';
import { ErasedJobStore, type ErasedPeople } from './erased-jobs.store.js';
import { eraseTraces } from '../trace-queue/trace-erasure.js';
import { eraseHolders } from './holder-erasure.js';
import { FormerAccountStore } from './former-account.store.js';

/** Rounds in which other hands may move jobs meanwhile. */
const ROUNDS_MAX = 100;
const PROBLEM = 'The owner of the document was erased.';

/**
 * People are erased: what waits is canceled, its documents and those that are kept are erased, then names and titles go from the history. A job that its printer has at this moment
 * is waited for, since its delivery needs to know whose it is.
 */
@Injectable()
export class AccountErasedHandler implements FlowHandler<'account.erased.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly spool: Spool,
    private readonly jobs: ErasedJobStore,
    private readonly formerAccounts: FormerAccountStore,
    private readonly endings: JobEndings,
    private readonly metrics: PrintMetrics,
    private readonly sentJobs: SentJobs,
  ) {}

  async handle(message: FlowMessage<'account.erased.v1'>): Promise<void> {
    const { journeyId, payload: { accountIds, returningAccountIds, addresses, erasureId } } = message;
    const people: ErasedPeople = { accountIds: [...accountIds, ...returningAccountIds], addresses };
    if (accountIds.length > 0) await this.formerAccounts.note(accountIds, undefined);
    // Before what waits: a reprint that came first is seen there, and no further one is made.
    await this.spool.removeBytes(await this.jobs.dropKept(people));
    if (await this.cancelWaiting(people)) throw new CauseDown('print.job-printing', 'A document of the erased account is at its printer: its names go once that is over.');
    const removable = await this.flow.transaction(async (transaction) => {
      if (!(await transaction.step(message, { journeyId, entries: [], publish: [] }))) return [];
      await this.formerAccounts.forgetOwners(transaction, people.accountIds);
      const holders = await eraseHolders(transaction, people.accountIds, people.addresses);
      const traces = await eraseTraces(transaction, people.addresses);
      const { documents, ...jobs } = await this.jobs.erase(transaction, people);
      const counts = { ...jobs, ...holders, ...traces };
      if (erasureId !== '') {
        await transaction.publish({ journeyId, entries: [], publish: [{ subject: 'print.account-erased.v1', payload: { erasureId, counts } }] });
      }
      return documents;
    });
    await this.spool.removeBytes(removable);
  }

  /** True: a printer has one of the jobs. */
  private async cancelWaiting(people: ErasedPeople): Promise<boolean> {
    for (let rounds = 0; rounds < ROUNDS_MAX; rounds += 1) {
      const unfinished = await this.jobs.findUnfinished(people);
      const cancellable = unfinished.filter(({ jobState }) => jobState !== 'processing');
      if (cancellable.length === 0) {
        for (const job of unfinished) if (job.queueId === SENT_QUEUE_ID) await this.cancelThere(job);
        return unfinished.length > 0;
      }
      for (const jobs of Map.groupBy(cancellable, ({ messageId, jobState }) => `${messageId} ${jobState}`).values()) await this.cancel(jobs);
    }
    return true;
  }

  /** The other server ends it, and its answer is waited for; where it can't be asked, the job ends here. */
  private async cancelThere(job: Job): Promise<void> {
    const asked = await this.sentJobs.cancel(job).catch((error: unknown) => {
      // It is printed there at this moment.
      if (error instanceof PermanentFailure) return 'asked' as const;
      throw error;
    });
    if (asked === 'out-of-reach') await this.end(job.messageId, [job], 'abandon');
  }

  /** Of one message and in one state. A job that was moved meanwhile is met again in the next round. */
  private async cancel(jobs: readonly Job[]): Promise<void> {
    const [first] = jobs;
    const move = first && (['cancel', 'giveUp'] as const).find((each) => moveJob(first.jobState, each));
    if (move) await this.end(first.messageId, jobs, move);
  }

  private async end(messageId: string, jobs: readonly Job[], move: 'cancel' | 'giveUp' | 'abandon'): Promise<void> {
    const entries = jobs.map(({ jobId, queueId, queueName, jobState }) => ({ step: 'canceled', document: jobId, evidence: { queueId, queueName, by: 'erasure', reason: OWNER_ERASED, was: jobState } }));
    const ended = await this.endings.end({ messageId, jobIds: jobs.map(({ jobId }) => jobId), move, reason: OWNER_ERASED, problem: PROBLEM, entries, publish: [] });
    if (ended) for (const { queueId } of jobs) this.metrics.countAborted(queueId, OWNER_ERASED);
  }
}
