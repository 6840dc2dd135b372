import type { Tracer } from '@opentelemetry/api';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import type { Job } from '../print-job/job.js';
import { type Ending, JobEndings } from '../print-job/job-endings.js';
import { moveJob } from '../print-job/job-moves.js';
import { abortedFact, completedFacts } from '../print-job/job-facts.js';
import type { PrintMetrics } from '../print-metrics.js';
import { openPrinter } from '../queues/open-printer.js';
import type { JobStore } from './job.store.js';

const CANCELED = 'An administrator canceled the job.';

/** Ends jobs for an administrator: before any printer has them, at the printer that has them, or when nobody knows. */
export class JobCancellation {
  constructor(
    private readonly jobs: JobStore,
    private readonly endings: JobEndings,
    private readonly metrics: PrintMetrics,
    private readonly tracer: Tracer,
  ) {}

  /**
   * `printed` is for an uncertain job alone: a person saw it on paper. Throws a PermanentFailure that says what to do where the
   * job can't be canceled, and what libs/ipp throws when its printer doesn't hear.
   */
  async cancel(job: Job, printed: boolean, actor: string): Promise<void> {
    if (printed) {
      if (!moveJob(job.jobState, 'confirmPrinted')) throw refused('Only an uncertain job can be marked as printed.');
      return this.confirmPrinted(job, actor);
    }
    const move = (['cancel', 'giveUp'] as const).find((each) => moveJob(job.jobState, each));
    if (move) return this.end(job, { move, reason: 'job-canceled-by-operator', problem: CANCELED, actor });
    if (job.jobState === 'processing') return this.cancelAtPrinter(job);
    throw refused(`The job is ${job.jobState} already.`);
  }

  private async end(job: Job, { move, reason, problem, actor }: Pick<Ending, 'move' | 'reason' | 'problem'> & { readonly actor: string }): Promise<void> {
    await this.write(job, {
      move, reason, problem,
      entries: [{ step: 'canceled', document: job.jobId, evidence: { fileName: job.fileName, queueId: job.queueId, by: 'administrator', actor, was: job.jobState } }],
      publish: [abortedFact(job, reason, problem)],
    });
    this.metrics.countAborted(job.queueId, reason);
  }

  private async confirmPrinted(job: Job, actor: string): Promise<void> {
    await this.write(job, {
      move: 'confirmPrinted', reason: 'job-completed-successfully', problem: '',
      entries: [{ step: 'printed', document: job.jobId, evidence: { fileName: job.fileName, queueId: job.queueId, confirmation: 'seen by a person', actor } }],
      publish: completedFacts(job, new Date()),
    });
  }

  private async write(job: Job, ending: Omit<Ending, 'messageId' | 'jobIds'>): Promise<void> {
    const span = job.trace ? { traceparent: job.trace } : {};
    const ended = await inSpan(this.tracer, 'cancel-job', span, () => this.endings.end({ ...ending, messageId: job.messageId, jobIds: [job.jobId] }));
    if (!ended) throw refused('The job changed at this moment: look at it again.');
  }

  /** The delivery loop hears of it from the printer, and ends the job. */
  private async cancelAtPrinter(job: Job): Promise<void> {
    const delivery = await this.jobs.findDelivery(job.jobId);
    if (delivery?.phase !== 'following' || delivery.printerJobId === null) {
      throw refused('The job is just being sent to its printer: try again in a moment.');
    }
    const printer = openPrinter(delivery);
    try {
      await printer.cancelJob(delivery.printerJobId, job.ownerAddress);
    } finally {
      printer.close();
    }
  }
}

function refused(message: string): PermanentFailure {
  return new PermanentFailure('print.cancel-refused', message);
}
