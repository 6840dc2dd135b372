import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Tracer } from '@opentelemetry/api';
import type { Log } from '@inkpost/telemetry/log.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import { expiryLimits } from '../limits.js';
import type { Job } from '../print-job/job.js';
import type { JobEndings } from '../print-job/job-endings.js';
import { abortedFact, ownerOf, summaryOf } from '../print-job/job-facts.js';
import type { PrintMetrics } from '../print-metrics.js';
import type { QueueNotices } from '../queue-notices/queue-notices.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';
import type { ExpiryStore } from './expiry.store.js';

const STOP_MS = 1_000;
const EXPIRED = 'The document was not fetched in time.';

export interface ExpiryParts {
  readonly store: ExpiryStore;
  readonly endings: JobEndings;
  readonly notices: QueueNotices;
  readonly metrics: PrintMetrics;
  readonly tracer: Tracer;
  readonly log: Log;
  readonly jobHistoryDays: number;
}

/** Every minute: tells owners whose jobs expire soon, expires those whose time is over, and forgets what is old. */
export class JobExpiry {
  private readonly rounds: RepeatedRound;

  constructor(private readonly parts: ExpiryParts) {
    const onError = (error: unknown): void => parts.log.warning('jobs could not be expired, tried again', { error });
    this.rounds = new RepeatedRound({ everyMs: expiryLimits.roundMs, act: () => this.round(), onError });
  }

  start(): void {
    this.rounds.start();
  }

  async stop(): Promise<void> {
    await this.rounds.stop(STOP_MS);
  }

  /** Several processes may run it at the same time: each job is told of and expired by one of them. */
  async round(now = new Date()): Promise<void> {
    const { store } = this.parts;
    const due = await store.findDue();
    for (const jobs of Map.groupBy(due, toldTogether).values()) {
      const { expired = [], expiring = [] } = Object.groupBy(jobs, (job) => (isOver(job, now) ? 'expired' : 'expiring'));
      if (expired.length > 0) await this.inTraceOf(expired, (first) => this.expire(first, expired));
      if (expiring.length > 0) await this.inTraceOf(expiring, (first) => this.tell(first, expiring));
    }
    for (const job of await store.findForsaken()) await this.inTraceOf([job], () => this.giveUp(job));
    await store.forgetOld(this.parts.jobHistoryDays);
  }

  private async inTraceOf(jobs: readonly Job[], act: (first: Job) => Promise<void>): Promise<void> {
    const [first] = jobs;
    if (first) await inSpan(this.parts.tracer, 'expire-job', first.trace ? { traceparent: first.trace } : {}, () => act(first));
  }

  private async expire(first: Job, jobs: readonly Job[]): Promise<void> {
    const ended = await this.parts.endings.end({
      messageId: first.messageId, jobIds: jobs.map(({ jobId }) => jobId), move: 'expire', reason: 'expired', problem: EXPIRED,
      entries: jobs.map((job) => ({ step: 'expired', document: job.jobId, evidence: evidenceOf(job) })),
      publish: [{ subject: 'print.job-expired.v1', payload: { messageId: first.messageId, owner: ownerOf(first), queueId: first.queueId, queueName: first.queueName, jobs: jobs.map(summaryOf) } }],
    });
    if (ended) for (const { queueId } of jobs) this.parts.metrics.countAborted(queueId, 'expired');
  }

  private async tell(first: Job, jobs: readonly Job[]): Promise<void> {
    const jobHoldUntil = timestampFromDate(first.jobHoldUntil ?? new Date());
    const [fact] = await this.parts.notices.addTo([
      { subject: 'print.job-expiring.v1', payload: { messageId: first.messageId, owner: ownerOf(first), queueId: first.queueId, queueName: first.queueName, jobs: jobs.map(summaryOf), jobHoldUntil } },
    ]);
    if (fact) await this.parts.store.noteTold(
      first.messageId,
      jobs.map(({ jobId }) => jobId),
      jobs.map((job) => ({ step: 'expiring', document: job.jobId, evidence: evidenceOf(job) })),
      fact,
    );
  }

  private async giveUp(job: Job): Promise<void> {
    const reason = job.jobStateReason === 'none' ? 'printer-unreachable' : job.jobStateReason;
    const problem = `${job.queueId === SENT_QUEUE_ID ? 'The other server' : 'The printer'} could not be used for ${waitedWords(job)}.`;
    const ended = await this.parts.endings.end({
      messageId: job.messageId, jobIds: [job.jobId], move: 'abort', reason, problem,
      entries: [{ step: 'aborted', document: job.jobId, evidence: { ...evidenceOf(job), reason, problem, last: job.problem } }],
      publish: [abortedFact(job, reason, problem)],
    });
    if (ended) this.parts.metrics.countAborted(job.queueId, reason);
  }
}

/** Documents of one mail may have been given to somebody else, or sent elsewhere: nobody hears of another's. */
function toldTogether({ messageId, accountId, queueId }: Job): string {
  return JSON.stringify([messageId, accountId, queueId]);
}

function isOver({ jobHoldUntil }: Job, now: Date): boolean {
  return jobHoldUntil === null || jobHoldUntil <= now;
}

/** Since its release: as long as its queue lets it wait. */
function waitedWords({ releasedAt }: Job): string {
  const hours = releasedAt === null ? 0 : Math.floor((Date.now() - releasedAt.getTime()) / 3_600_000);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

function evidenceOf(job: Job) {
  return { fileName: job.fileName, queueId: job.queueId, queueName: job.queueName, ...(job.jobHoldUntil ? { jobHoldUntil: job.jobHoldUntil.toISOString() } : {}) };
}
