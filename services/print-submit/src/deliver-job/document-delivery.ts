import type { JobStatus } from '@inkpost/ipp/client/job-status.js';
import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import { isFinished } from '@inkpost/ipp/client/job-status.js';
import type { Failure } from '@inkpost/failure/failure.js';
import type { Spool } from '@inkpost/spool/spool.js';
import type { DocumentConverter } from '../convert-document/document-converter.js';
import type { PrintMetrics } from '../print-metrics.js';
import type { PrinterStore } from '../queues/printer.store.js';
import { askPrinter } from './ask-printer.js';
import type { Delivery } from './delivery.js';
import type { DeliveryResults } from './delivery-results.js';
import { judgeFailure, type WaitReason } from './judge-failure.js';
import { learnCapabilities } from './learn-capabilities.js';
import { sendDocument } from './send-document.js';

/** How a delivery stands, for the loop of its printer. */
export type Standing =
  /** The printer has it and goes on with it. */
  | { readonly kind: 'followed'; readonly delivery: Delivery; readonly acceptedAt: Date }
  /** It came to its end; the printer works. */
  | { readonly kind: 'ended'; readonly printed: boolean }
  /** It waits again, and nothing is wrong with the printer: who had begun it is gone. */
  | { readonly kind: 'back' }
  /** It waits again, for this reason. */
  | { readonly kind: 'waits'; readonly reason: WaitReason; readonly problem: string }
  /** The printer may have it and couldn't be asked. */
  | { readonly kind: 'unanswered'; readonly delivery: Delivery; readonly asked: number; readonly failure: Failure }
  /** Another has it now. */
  | { readonly kind: 'overtaken' }
  /** It was cut because we stop: whoever delivers next asks the printer. */
  | { readonly kind: 'left' };

const OVERTAKEN: Standing = { kind: 'overtaken' };

/** What `asked` begins with for a delivery that was taken over: whoever died may have asked. */
export const ASKED_BY_ANOTHER = 1;

/** One delivery from the intent to what is known of it, everything durable before and after it is done. */
export class DocumentDelivery {
  constructor(
    private readonly results: DeliveryResults,
    private readonly spool: Spool,
    private readonly metrics: PrintMetrics,
    private readonly printers: PrinterStore,
    private readonly converter: DocumentConverter,
  ) {}

  /** Sends the document. Rejects when the database or something of ours fails: then the delivery stays as its row says, and is asked for. */
  async deliver(printer: IppPrinter, delivery: Delivery, leaseToken: string, stopping: AbortSignal): Promise<Standing> {
    const { job } = delivery;
    const sending = await sendDocument(printer, delivery, {
      open: () => this.spool.open(job.jobId),
      convert: (conversion) => this.converter.convert(job.jobId, conversion, () => this.spool.open(job.jobId)),
      noteSending: (leaving) => this.results.store.noteSending(job.jobId, leaseToken, leaving),
      learn: () => learnCapabilities(printer, job.queueId, this.printers),
    });
    if (sending.kind === 'accepted') {
      this.converter.forget(job.jobId);
      return this.accept({ ...sending.delivery, printerJobId: sending.job.jobId, sent: sending.sent }, leaseToken, sending.job);
    }
    const { failure } = sending;
    if (failure.code === 'print.delivery-overtaken') return OVERTAKEN;
    if (!/^(?:ipp|spool|convert)\./u.test(failure.code)) throw failure;
    if (failure.code === 'convert.interrupted' && stopping.aborted) return { kind: 'left' };
    const verdict = judgeFailure(failure);
    if (verdict.kind === 'waits') return (await this.results.postpone(delivery, leaseToken, verdict)) ? verdict : OVERTAKEN;
    if (verdict.kind === 'aborts') return this.ended(await this.results.abort(delivery, leaseToken, verdict));
    return stopping.aborted ? { kind: 'left' } : this.ask(printer, sending.delivery, leaseToken, 0, failure);
  }

  /** Asks what became of it. `asked`: how often before; `cut`: what made it necessary, where this process saw it. */
  async ask(printer: IppPrinter, delivery: Delivery, leaseToken: string, asked: number, cut?: Failure): Promise<Standing> {
    const answer = await askPrinter(printer, delivery, asked);
    switch (answer.kind) {
      case 'has-it':
        return this.accept({ ...delivery, printerJobId: answer.job.jobId }, leaseToken, answer.job);
      case 'has-nothing':
        return this.sendAgain(delivery, leaseToken, cut);
      case 'uncertain':
        return this.ended(await this.results.doubt(delivery, leaseToken, answer.problem));
      case 'no-answer':
        break;
    }
    if (!(await this.results.noteUnanswered(delivery, leaseToken, answer.failure, asked <= ASKED_BY_ANOTHER))) return OVERTAKEN;
    return { kind: 'unanswered', delivery, asked: asked + 1, failure: answer.failure };
  }

  private async accept(delivery: Delivery, leaseToken: string, status: JobStatus): Promise<Standing> {
    const acceptedAt = new Date();
    this.metrics.measureAccepted(delivery.job, acceptedAt);
    if (isFinished(status.jobState)) return this.ended(await this.results.finish(delivery, leaseToken, { status, acceptedAt, justAccepted: true }), status.jobState === 'completed');
    if (!delivery.expert.followJobs) return this.ended(await this.results.countAsPrinted(delivery, leaseToken, status, acceptedAt), true);
    const noted = await this.results.accept(delivery, leaseToken, acceptedAt, status);
    return noted ? { kind: 'followed', delivery: { ...delivery, phase: 'following' }, acceptedAt } : OVERTAKEN;
  }

  /** Nothing was printed; but a document that breaks off again and again is given up. */
  private async sendAgain(delivery: Delivery, leaseToken: string, cut: Failure | undefined): Promise<Standing> {
    const wasCut = delivery.phase === 'sending';
    const why = cut ? cut.message : 'the sending process ended';
    const lost = cut?.code === 'ipp.document-unreadable' ? judgeUnreadable(cut) : undefined;
    if (lost) return this.ended(await this.results.abort(delivery, leaseToken, lost));
    if (wasCut && delivery.job.cuts + 1 >= delivery.expert.cutsMax) {
      return this.ended(await this.results.abort(delivery, leaseToken, { reason: 'delivery-failed', problem: `The delivery broke off ${delivery.expert.cutsMax} times within the document; the last time: ${why}.` }));
    }
    const waits = { kind: 'waits', reason: 'connection-cut', problem: `The delivery broke off, and nothing of it was printed: ${why}.`, wasCut } as const;
    if (!(await this.results.postpone(delivery, leaseToken, waits))) return OVERTAKEN;
    return cut ? waits : { kind: 'back' };
  }

  private ended(written: boolean, printed = false): Standing {
    return written ? { kind: 'ended', printed } : OVERTAKEN;
  }
}

/** Our own document broke off: damaged for good, or only not readable just now. */
function judgeUnreadable(failure: Failure): { reason: string; problem: string } | undefined {
  const { cause } = failure;
  const verdict = cause instanceof Error && 'code' in cause && String(cause.code).startsWith('spool.') ? judgeFailure(cause as Failure) : undefined;
  return verdict?.kind === 'aborts' ? verdict : undefined;
}
