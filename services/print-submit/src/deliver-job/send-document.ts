import { asFailure, type Failure } from '@inkpost/failure/failure.js';
import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { JobStatus } from '@inkpost/ipp/client/job-status.js';
import { type DeliveredJob, deliverDocument } from '@inkpost/ipp/deliver-document/deliver-document.js';
import type { DocumentSource } from '@inkpost/ipp/client/http-exchange.js';
import { chooseConversion, type Conversion } from '../convert-document/choose-conversion.js';
import type { ConvertedDocument } from '../convert-document/document-converter.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import { type AppliedFinishing, applyFinishing, passedOver, withoutRefused } from './apply-finishing.js';
import { type Delivery, printerJobName } from './delivery.js';
import type { LeavingDocument } from './delivery.store.js';
import { MeasuredDocument, type SentDocument } from './measure-document.js';
import { shorten } from './name-delivery.js';

/** What the sending needs of the world besides the printer. */
export interface SendHooks {
  /** The clear bytes of the job's document. */
  readonly open: () => Promise<DocumentSource>;
  /** The document in a format that the printer takes. */
  readonly convert: (conversion: Conversion) => Promise<ConvertedDocument>;
  /** Makes durable that the document is about to leave as this job of the printer; rejects when another took the delivery over. */
  readonly noteSending: (leaving: LeavingDocument) => Promise<void>;
  /** What the printer can do, where nobody knows it yet. */
  readonly learn: () => Promise<PrinterCapabilities | undefined>;
}

/** The delivery comes as far as it had come: after a failure, to ask the printer by. */
export type Sending =
  | { readonly kind: 'accepted'; readonly job: JobStatus; readonly sent: SentDocument; readonly delivery: Delivery }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly delivery: Delivery };

/** Sends a job's document. An option that the printer doesn't have keeps no job from being printed. */
export async function sendDocument(printer: IppPrinter, delivery: Delivery, hooks: SendHooks): Promise<Sending> {
  const { job } = delivery;
  const measured = new MeasuredDocument();
  let reached = delivery;
  const deliver = async (finishing: AppliedFinishing, converted: ConvertedDocument | undefined): Promise<DeliveredJob> =>
    deliverDocument(printer, {
      jobName: printerJobName(delivery),
      requestingUserName: job.ownerAddress,
      finishing: finishing.asked,
      documentFormat: converted?.documentFormat ?? job.documentFormat,
      documentName: shorten(job.fileName) || job.jobId,
      open: async () => measured.pass(converted ? converted.open() : await hooks.open()),
      beforeSend: async (printerJobId, unsupportedAttributes) => {
        const notApplied = passedOver(finishing, unsupportedAttributes);
        await hooks.noteSending({ printerJobId, notApplied, converted });
        reached = { ...delivery, phase: 'sending', printerJobId, converted, job: { ...job, notApplied } };
      },
    }).catch((error: unknown) => {
      const less = withoutRefused(finishing, error);
      if (!less) throw error;
      return deliver(less, converted);
    });
  try {
    const capabilities = delivery.capabilities ?? (await hooks.learn());
    const applied = applyFinishing(job, capabilities);
    const conversion = chooseConversion(job, applied, capabilities, delivery.expert.documentFormat);
    const { job: status } = await deliver(conversion?.finishing ?? applied, conversion && (await hooks.convert(conversion)));
    return { kind: 'accepted', job: status, sent: measured.result(), delivery: reached };
  } catch (error) {
    return { kind: 'failed', failure: asFailure(error), delivery: reached };
  }
}
