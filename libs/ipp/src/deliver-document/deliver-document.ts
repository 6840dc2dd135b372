import { Failure } from '@inkpost/failure/failure.js';
import { acceptanceOf } from '../client/failures.js';
import type { Finishing } from '../client/finishing.js';
import type { DocumentSource } from '../client/http-exchange.js';
import type { IppPrinter } from '../client/ipp-printer.js';
import type { JobStatus } from '../client/job-status.js';

export interface Delivery {
  /** Unique to this delivery: by it the printer is asked after a cut. At most 255 octets. */
  readonly jobName: string;
  readonly requestingUserName?: string;
  readonly finishing?: Finishing;
  /** A MIME type, `application/pdf`. */
  readonly documentFormat: string;
  readonly documentName?: string;
  /** Opened only after `beforeSend` resolved. */
  readonly open: () => Promise<DocumentSource>;
  /**
   * Makes durable that the document is about to leave as the printer's job `ippJobId`; from then on the phase is `sending`.
   * `unsupportedAttributes` are finishing options that the printer said it would ignore.
   */
  readonly beforeSend: (ippJobId: number, unsupportedAttributes: readonly string[]) => Promise<void>;
}

/** The printer took the whole document. `unsupportedAttributes` are finishing options it said it would ignore. */
export interface DeliveredJob {
  readonly job: JobStatus;
  readonly unsupportedAttributes: readonly string[];
}

/**
 * Create-Job, then the caller's durable note, then Send-Document. When it throws, `acceptanceOf(error)` is `nothing` if the printer has
 * nothing of it (the empty job was canceled, at least tried), else ask with {@link askAfterCut} before sending again.
 */
export async function deliverDocument(printer: IppPrinter, delivery: Delivery): Promise<DeliveredJob> {
  const user = delivery.requestingUserName === undefined ? {} : { requestingUserName: delivery.requestingUserName };
  const { jobName, finishing = {}, documentFormat, documentName } = delivery;
  const created = await printer.createJob({ jobName, finishing, ...user });
  let source: DocumentSource;
  try {
    await delivery.beforeSend(created.jobId, created.unsupportedAttributes);
    source = await delivery.open();
  } catch (error) {
    await cancelQuietly(printer, created.jobId, delivery.requestingUserName);
    throw error;
  }
  try {
    const request = { jobId: created.jobId, documentFormat, ...(documentName !== undefined && { documentName }), ...user };
    const job = await printer.sendDocument(request, source);
    return { job, unsupportedAttributes: created.unsupportedAttributes };
  } catch (error) {
    if (acceptanceOf(error) === 'nothing') await cancelQuietly(printer, created.jobId, delivery.requestingUserName);
    throw error;
  }
}

/** The job is empty and would end by itself after the printer's multiple-operation-time-out; the first failure is the one to tell. */
async function cancelQuietly(printer: IppPrinter, jobId: number, requestingUserName: string | undefined): Promise<void> {
  try {
    await printer.cancelJob(jobId, requestingUserName);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
