import { asFailure, type Failure } from '@inkpost/failure/failure.js';
import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { JobStatus } from '@inkpost/ipp/client/job-status.js';
import { deliverDocument } from '@inkpost/ipp/deliver-document/deliver-document.js';
import type { DocumentSource } from '@inkpost/ipp/client/http-exchange.js';
import { type Delivery, printerJobName } from './delivery.js';
import { MeasuredDocument, type SentDocument } from './measure-document.js';
import { shorten } from './name-delivery.js';

/** What the sending needs of the world besides the printer. */
export interface SendHooks {
  /** The clear bytes of the job's document. */
  readonly open: () => Promise<DocumentSource>;
  /** Makes durable that the document is about to leave as this job of the printer; rejects when another took the delivery over. */
  readonly noteSending: (printerJobId: number) => Promise<void>;
}

export type Sending =
  | { readonly kind: 'accepted'; readonly job: JobStatus; readonly sent: SentDocument; readonly unsupportedAttributes: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly delivery: Delivery };

/** Sends a job's document. A failure comes with the delivery as far as it had come, to ask the printer by. */
export async function sendDocument(printer: IppPrinter, delivery: Delivery, hooks: SendHooks): Promise<Sending> {
  const { job } = delivery;
  const measured = new MeasuredDocument();
  let reached = delivery;
  try {
    const { job: status, unsupportedAttributes } = await deliverDocument(printer, {
      jobName: printerJobName(delivery),
      requestingUserName: job.ownerAddress,
      documentFormat: job.documentFormat,
      documentName: shorten(job.fileName) || job.jobId,
      open: async () => measured.pass(await hooks.open()),
      beforeSend: async (printerJobId) => {
        await hooks.noteSending(printerJobId);
        reached = { ...delivery, phase: 'sending', printerJobId };
      },
    });
    return { kind: 'accepted', job: status, sent: measured.result(), unsupportedAttributes };
  } catch (error) {
    return { kind: 'failed', failure: asFailure(error), delivery: reached };
  }
}
