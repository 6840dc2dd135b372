import type { Tracer } from '@opentelemetry/api';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import { chargeEvidence } from '../balances/charge-print.js';
import { chargeOf } from '../tariffs/charging.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import { countFromPages } from '../print-job/count-sheets.js';
import type { Job } from '../print-job/job.js';
import { type Ending, JobEndings } from '../print-job/job-endings.js';
import { moveJob } from '../print-job/job-moves.js';
import { abortedFact, completedFacts } from '../print-job/job-facts.js';
import type { PrintMetrics } from '../print-metrics.js';
import type { OpenPrinter } from '../queues/open-printer.js';
import type { SentJobs } from '../send-job/sent-jobs.js';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';
import type { DeliveryAtPrinter, JobStore } from './job.store.js';

const CANCELED = 'canceled the job.';
const ABANDONED_THERE = 'canceled the job while the other server could not be asked; what it has of it, it may still print.';
const ABANDONED = 'canceled the job while its printer could not be reached; what the printer has of it, it may still print.';
const WHO = { administrator: 'An administrator', submitter: 'The program that handed the document in' } as const;
const REASONS = { administrator: 'job-canceled-by-operator', submitter: 'job-canceled-by-user' } as const;
/** Reasons of a job that its printer may have, and can't be asked about. */
const UNANSWERED: readonly string[] = ['printer-unreachable', 'printer-error'];

/** Who cancels a job, and in what part. */
export interface Canceler {
  readonly actor: string;
  readonly by: keyof typeof WHO;
}

/** Ends jobs for an administrator, or for the program that handed them in: before any printer has them, at the printer that has them, or when nobody knows. */
export class JobCancellation {
  constructor(
    private readonly jobs: JobStore,
    private readonly endings: JobEndings,
    private readonly openPrinter: OpenPrinter,
    private readonly metrics: PrintMetrics,
    private readonly tracer: Tracer,
    private readonly charging: KnownCharging,
    private readonly sentJobs: SentJobs,
  ) {}

  /**
   * `printed` is for an uncertain job alone: a person saw it on paper. Throws a PermanentFailure that says what to do where the
   * job can't be canceled, and what libs/ipp throws when its printer doesn't hear.
   */
  async cancel(job: Job, printed: boolean, canceler: Canceler): Promise<void> {
    if (printed) {
      if (!moveJob(job.jobState, 'confirmPrinted')) throw refused('Only an uncertain job can be marked as printed.');
      return this.confirmPrinted(job, canceler.actor);
    }
    const move = (['cancel', 'giveUp'] as const).find((each) => moveJob(job.jobState, each));
    if (move) return this.end(job, { move, problem: CANCELED, canceler });
    if (job.jobState === 'processing') return this.cancelAtPrinter(job, canceler);
    throw refused(`The job is ${job.jobState} already.`);
  }

  private async end(job: Job, { move, canceler: { actor, by }, leaseToken, problem: what }: Pick<Ending, 'move' | 'problem' | 'leaseToken'> & { readonly canceler: Canceler }): Promise<void> {
    const [reason, problem] = [REASONS[by], `${WHO[by]} ${what}`];
    await this.write(job, {
      move, reason, problem, leaseToken,
      entries: [{ step: 'canceled', document: job.jobId, evidence: { fileName: job.fileName, queueId: job.queueId, by, actor, was: job.jobState } }],
      publish: [abortedFact(job, reason, problem)],
    });
    this.metrics.countAborted(job.queueId, reason);
  }

  private async confirmPrinted(job: Job, actor: string): Promise<void> {
    const count = countFromPages(job);
    // The other server counts and charges what it prints.
    if (job.queueId === SENT_QUEUE_ID) {
      const entries = [{ step: 'printed', document: job.jobId, evidence: { fileName: job.fileName, queueName: job.queueName, confirmation: 'seen by a person', actor } }];
      return this.write(job, { move: 'confirmPrinted', reason: 'job-completed-successfully', problem: '', entries, publish: [] });
    }
    const charge = chargeOf(job, count, await this.charging.current());
    await this.write(job, {
      move: 'confirmPrinted', reason: 'job-completed-successfully', problem: '', count, charge,
      entries: [{ step: 'printed', document: job.jobId, evidence: { fileName: job.fileName, queueId: job.queueId, confirmation: 'seen by a person', actor, ...count, ...chargeEvidence(charge) } }],
      publish: completedFacts(job, new Date(), count, charge),
    });
  }

  private async write(job: Job, ending: Omit<Ending, 'messageId' | 'jobIds'>): Promise<void> {
    const span = job.trace ? { traceparent: job.trace } : {};
    const ended = await inSpan(this.tracer, 'cancel-job', span, () => this.endings.end({ ...ending, messageId: job.messageId, jobIds: [job.jobId] }));
    if (!ended) throw refused('The job changed at this moment: look at it again.');
  }

  /** The delivery loop hears of it from the printer, and ends the job; where the printer can't be reached it is ended here. */
  private async cancelAtPrinter(job: Job, canceler: Canceler): Promise<void> {
    if (job.queueId === SENT_QUEUE_ID) return this.cancelThere(job, canceler);
    const delivery = await this.jobs.findDelivery(job.jobId);
    if (delivery && (await this.isOutOfReach(job, delivery))) {
      return this.end(job, { move: 'abandon', problem: ABANDONED, canceler, leaseToken: delivery.leaseToken });
    }
  }

  /** The same for a job that another server has, or may have. */
  private async cancelThere(job: Job, canceler: Canceler): Promise<void> {
    if ((await this.sentJobs.cancel(job)) === 'asked') return;
    return this.end(job, { move: 'abandon', problem: ABANDONED_THERE, canceler });
  }

  /** Cancels the job at its printer. True: the printer can't be reached, and may have it or not. */
  private async isOutOfReach(job: Job, { phase, printerJobId, ...access }: DeliveryAtPrinter): Promise<boolean> {
    if (phase !== 'following' || printerJobId === null) {
      if (UNANSWERED.includes(job.jobStateReason)) return true;
      throw refused('The job is just being sent to its printer: try again in a moment.');
    }
    const printer = this.openPrinter({ ...access, queueId: job.queueId });
    try {
      await printer.cancelJob(printerJobId, job.ownerAddress);
      return false;
    } catch (error) {
      if (error instanceof CauseDown) return true;
      throw error;
    } finally {
      printer.close();
    }
  }
}

function refused(message: string): PermanentFailure {
  return new PermanentFailure('print.cancel-refused', message);
}
