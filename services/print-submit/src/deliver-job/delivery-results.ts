import type { Failure } from '@inkpost/failure/failure.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { JobStatus } from '@inkpost/ipp/client/job-status.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { chargeEvidence } from '../balances/charge-print.js';
import { chargeOf } from '../tariffs/charging.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import { countFromPages, countPrinted, type PrintCount } from '../print-job/count-sheets.js';
import { abortedFact, completedFacts } from '../print-job/job-facts.js';
import type { JobEndings } from '../print-job/job-endings.js';
import type { PrintMetrics } from '../print-metrics.js';
import type { Delivery } from './delivery.js';
import { finishingEvidence, placeOf, printerSays, sentEntry, sentEvidence } from './delivery-evidence.js';
import type { DeliveryStore } from './delivery.store.js';
import { judgeSilence } from './judge-failure.js';

export interface Finish {
  readonly status: JobStatus;
  readonly acceptedAt: Date;
  /** The printer took and finished it in one: the entry of the taking is still to be written. */
  readonly justAccepted?: boolean;
}

/** Writes down what came of deliveries: state, journey and facts together. False everywhere: another took the delivery over. */
export class DeliveryResults {
  constructor(
    readonly store: DeliveryStore,
    private readonly endings: JobEndings,
    private readonly metrics: PrintMetrics,
    private readonly log: Log,
    private readonly charging: KnownCharging,
  ) {}

  accept(delivery: Delivery, leaseToken: string, acceptedAt: Date, status: JobStatus): Promise<boolean> {
    const { jobId: printerJobId } = status;
    return this.store.noteAccepted(delivery, leaseToken, { printerJobId, sent: delivery.sent, acceptedAt, reason: reasonOf(status), entry: sentEntry(delivery, printerJobId) });
  }

  /** The printer is through with the job, whatever it made of it. */
  async finish(delivery: Delivery, leaseToken: string, { status, acceptedAt, justAccepted = false }: Finish): Promise<boolean> {
    const taken = justAccepted ? [sentEntry(delivery, status.jobId)] : [];
    const evidence = printerSays(status);
    if (status.jobState === 'completed') return this.complete(delivery, leaseToken, { acceptedAt, taken, says: evidence, count: countPrinted(delivery.job, status) });
    if (status.jobState === 'canceled') {
      const problem = 'The job was canceled at the printer.';
      return this.endUnprinted(delivery, leaseToken, { move: 'cancelAtPrinter', step: 'canceled', reason: 'job-canceled-at-device', problem, acceptedAt, taken, evidence });
    }
    const reason = status.jobStateReasons.find((each) => each !== 'none') ?? 'aborted-by-system';
    const problem = `The printer gave the job up${status.jobStateMessage ? `: ${status.jobStateMessage.slice(0, 200)}` : ''}.`;
    return this.endUnprinted(delivery, leaseToken, { move: 'abort', step: 'aborted', reason, problem, acceptedAt, taken, evidence });
  }

  /** The printer no longer lists a job that it took whole, and has been running ever since: it forgets what it finished. */
  assumeCompleted(delivery: Delivery, leaseToken: string, acceptedAt: Date): Promise<boolean> {
    const says = { confirmation: 'the printer no longer lists the job and has not been restarted since it took it' };
    return this.complete(delivery, leaseToken, { acceptedAt, taken: [], says, count: countFromPages(delivery.job) });
  }

  /** The printer took it whole, and is not to be asked further: its count can't be had. */
  countAsPrinted(delivery: Delivery, leaseToken: string, { jobId }: JobStatus, acceptedAt: Date): Promise<boolean> {
    const says = { confirmation: 'the printer took all of it; by the settings of its queue it is not asked further' };
    return this.complete(delivery, leaseToken, { acceptedAt, taken: [sentEntry(delivery, jobId)], says, count: countFromPages(delivery.job) });
  }

  abort(delivery: Delivery, leaseToken: string, { reason, problem }: { readonly reason: string; readonly problem: string }): Promise<boolean> {
    return this.endUnprinted(delivery, leaseToken, { move: 'abort', step: 'aborted', reason, problem, taken: [], evidence: {} });
  }

  /** The printer has nothing of it: the job waits again. Its journey is told once for each reason. */
  postpone(delivery: Delivery, leaseToken: string, { reason, problem, wasCut = false }: { readonly reason: string; readonly problem: string; readonly wasCut?: boolean }): Promise<boolean> {
    const isNew = delivery.job.toldReason !== reason || wasCut;
    const entry = { step: 'waiting-for-printer', document: delivery.job.jobId, evidence: { ...placeOf(delivery), reason, problem } };
    return this.store.setBack(delivery, leaseToken, { move: 'postpone', reason, problem, wasCut, entries: isNew ? [entry] : [] });
  }

  /** Nobody can say whether it was printed: a person has to look. */
  doubt(delivery: Delivery, leaseToken: string, problem: string): Promise<boolean> {
    const { job, printerJobId } = delivery;
    this.log.error('job uncertain: a person must look whether it was printed', { jobId: job.jobId, queueId: job.queueId, printer: delivery.printerUri, problem });
    const entry = { step: 'uncertain', document: job.jobId, evidence: { ...placeOf(delivery), problem, ...(printerJobId === undefined ? {} : { printerJobId }) } };
    return this.store.setBack(delivery, leaseToken, { move: 'doubt', reason: 'uncertain', problem, wasCut: false, entries: [entry] });
  }

  /** The printer may have it and can't be asked now; nothing is sent until it can. `isFirst`: the journey hears of it. */
  noteUnanswered(delivery: Delivery, leaseToken: string, failure: Failure, isFirst: boolean): Promise<boolean> {
    const silence = judgeSilence(failure);
    const problem = `The printer is asked what became of the document as soon as it answers. ${silence.problem}`;
    const entry = { step: 'waiting-for-printer', document: delivery.job.jobId, evidence: { ...placeOf(delivery), reason: silence.reason, problem } };
    return this.store.noteProgress(delivery, leaseToken, { reason: silence.reason, problem, entries: isFirst ? [entry] : [] });
  }

  /** What the printer says while it has the job: waiting, printing, out of paper. */
  noteProgress(delivery: Delivery, leaseToken: string, status: JobStatus): Promise<boolean> {
    const stopped = status.jobState === 'processing-stopped' || status.jobState === 'pending-held';
    const problem = stopped ? `The printer has stopped: ${status.jobStateReasons.join(', ')}.` : '';
    const entries = stopped ? [{ step: 'printer-says', document: delivery.job.jobId, evidence: { ...placeOf(delivery), ...printerSays(status) } }] : [];
    return this.store.noteProgress(delivery, leaseToken, { reason: reasonOf(status), problem, entries });
  }

  private async complete(
    delivery: Delivery, leaseToken: string,
    { acceptedAt, taken, says, count }: { acceptedAt: Date; taken: readonly JourneyEntry[]; says: JourneyEntry['evidence']; count: PrintCount },
  ): Promise<boolean> {
    const { job, sent, converted } = delivery;
    const completedAt = new Date();
    const charge = chargeOf(job, count, await this.charging.current());
    const evidence = { ...placeOf(delivery), ...sentEvidence(delivery), ...finishingEvidence(delivery), ...says, ...count, ...chargeEvidence(charge) };
    if (sent && sent.sha256 !== (converted ?? job).sha256) this.log.error('printed bytes are not the document\'s', { jobId: job.jobId, sent: sent.sha256, document: job.sha256 });
    const written = await this.endings.end({
      messageId: job.messageId, jobIds: [job.jobId], move: 'complete', reason: 'job-completed-successfully', problem: '', acceptedAt, leaseToken, count, charge,
      entries: [...taken, { step: 'printed', document: job.jobId, evidence }],
      publish: completedFacts(job, completedAt, count, charge),
    });
    if (written) this.metrics.measureCompleted(job, acceptedAt, completedAt);
    return written;
  }

  private async endUnprinted(
    delivery: Delivery, leaseToken: string,
    ending: { move: 'abort' | 'cancelAtPrinter'; step: string; reason: string; problem: string; acceptedAt?: Date; taken: readonly JourneyEntry[]; evidence: JourneyEntry['evidence'] },
  ): Promise<boolean> {
    const { job } = delivery;
    const { move, step, reason, problem, acceptedAt, taken } = ending;
    const written = await this.endings.end({
      messageId: job.messageId, jobIds: [job.jobId], move, reason, problem, acceptedAt, leaseToken,
      entries: [...taken, { step, document: job.jobId, evidence: { ...placeOf(delivery), reason, problem, ...ending.evidence } }],
      publish: [abortedFact(job, reason, problem)],
    });
    if (written) this.metrics.countAborted(job.queueId, reason);
    return written;
  }
}

/** The first thing the printer says of the job that says something. */
function reasonOf(status: JobStatus): string {
  return status.jobStateReasons.find((reason) => reason !== 'none') ?? 'job-queued';
}
