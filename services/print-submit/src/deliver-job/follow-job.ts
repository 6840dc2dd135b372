import { asFailure, type Failure } from '@inkpost/failure/failure.js';
import { numberOf } from '@inkpost/ipp/codec/attribute.js';
import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import { isFinished, type JobStatus } from '@inkpost/ipp/client/job-status.js';
import { deliveryLimits } from '../limits.js';
import { Backoff } from './backoff.js';
import type { DeliveryResults } from './delivery-results.js';
import type { Delivery } from './delivery.js';

/** How one look at a job went. */
export type Look =
  | { readonly kind: 'goes-on' }
  | { readonly kind: 'ended'; readonly printed: boolean }
  | { readonly kind: 'silent'; readonly failure: Failure }
  | { readonly kind: 'overtaken' };

const UP_TIME = 'printer-up-time';
/** No printer says this. */
const SILENCE = '';
/** printer-up-time counts from 1, and whole seconds (RFC 8011 section 5.4.29): the printer may have run for so much less. */
const UP_TIME_ROUNDED_UP_SECONDS = 1;

/** Follows one job that the printer has taken whole, until it is through with it: looks soon at first, then less and less often. */
export class FollowedJob {
  /** When to look next, in milliseconds of performance.now(). */
  dueAtMs = 0;
  private readonly pauses: Backoff;
  private readonly silences = new Backoff(deliveryLimits.troubleMsFirst, deliveryLimits.troubleMsMax);
  private lastWord = 'none yet';

  constructor(
    readonly delivery: Delivery,
    private readonly acceptedAt: Date,
    private readonly results: DeliveryResults,
    private readonly leaseToken: string,
  ) {
    this.pauses = new Backoff(deliveryLimits.followMsFirst, delivery.expert.jobPollSeconds * 1_000);
    this.dueAtMs = performance.now() + this.pauses.next();
  }

  /** Asks the printer and writes down what changed. Rejects when the database fails. */
  async look(printer: IppPrinter): Promise<Look> {
    const { printerJobId = 0, job } = this.delivery;
    let status: JobStatus;
    try {
      status = await printer.getJobAttributes(printerJobId, job.ownerAddress);
    } catch (error) {
      const failure = asFailure(error);
      return isForgotten(failure) ? this.settleForgotten(printer) : this.noteSilence(failure);
    }
    this.silences.reset();
    if (isFinished(status.jobState)) return this.end(await this.results.finish(this.delivery, this.leaseToken, { status, acceptedAt: this.acceptedAt }), status.jobState === 'completed');
    return this.goOn(status);
  }

  private async goOn(status: JobStatus): Promise<Look> {
    const word = [status.jobState, ...status.jobStateReasons].join(' ');
    if (word !== this.lastWord) {
      this.lastWord = word;
      this.pauses.reset();
      if (!(await this.results.noteProgress(this.delivery, this.leaseToken, status))) return { kind: 'overtaken' };
    }
    this.dueAtMs = performance.now() + this.pauses.next();
    return { kind: 'goes-on' };
  }

  /** Written each time, so that it shows when somebody else ended the job meanwhile. */
  private async noteSilence(failure: Failure): Promise<Look> {
    const isFirst = this.lastWord !== SILENCE;
    this.lastWord = SILENCE;
    this.dueAtMs = performance.now() + this.silences.next();
    const noted = await this.results.noteUnanswered(this.delivery, this.leaseToken, failure, isFirst);
    return noted ? { kind: 'silent', failure } : { kind: 'overtaken' };
  }

  /**
   * Many printers list no finished jobs. One that has run ever since it took the job finished it; one that was restarted
   * may have lost it, and nobody can say.
   */
  private async settleForgotten(printer: IppPrinter): Promise<Look> {
    let upSeconds: number | undefined;
    try {
      upSeconds = numberOf((await printer.getPrinterAttributes([UP_TIME])).attributes, UP_TIME);
    } catch (error) {
      return this.noteSilence(asFailure(error));
    }
    const sinceSeconds = (Date.now() - this.acceptedAt.getTime()) / 1_000;
    // A print server is back within a second: no slack, or its lost jobs would count as printed. Who took the job just after it started can't be told apart.
    if (upSeconds !== undefined && upSeconds - UP_TIME_ROUNDED_UP_SECONDS >= sinceSeconds) {
      return this.end(await this.results.assumeCompleted(this.delivery, this.leaseToken, this.acceptedAt), true);
    }
    return this.end(await this.results.doubt(this.delivery, this.leaseToken, 'The printer took the document, was restarted, and no longer knows the job.'), false);
  }

  private end(written: boolean, printed: boolean): Look {
    return written ? { kind: 'ended', printed } : { kind: 'overtaken' };
  }
}

function isForgotten(failure: Failure): boolean {
  return failure.fields['status'] === 'client-error-not-found' || failure.fields['status'] === 'client-error-gone';
}
