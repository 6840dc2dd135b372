import type { Job } from '../print-job/job.js';
import type { ExpertSettings } from '../queues/expert-settings.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import type { SentDocument } from './measure-document.js';
import { nameDelivery } from './name-delivery.js';

/** One attempt to hand a job to its printer, as its durable row says. */
export interface Delivery {
  readonly job: Job;
  /** creating: nothing of the document has left; sending: it may have; following: the printer has it all. */
  readonly phase: 'creating' | 'sending' | 'following';
  readonly attempt: number;
  readonly printerUri: string;
  readonly certificateAuthority: string;
  /** How its printer is spoken to. */
  readonly expert: ExpertSettings;
  /** Undefined: the printer was not asked yet. */
  readonly capabilities: PrinterCapabilities | undefined;
  readonly printerJobId: number | undefined;
  readonly sent: SentDocument | undefined;
  /** What the document was made for a printer that takes no PDF. Undefined: it goes as it is. */
  readonly converted: Converted | undefined;
}

/** The document in the printer's own format. */
export interface Converted {
  readonly documentFormat: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export function printerJobName({ job, attempt }: Delivery): string {
  return nameDelivery({ jobId: job.jobId, attempt, fileName: job.fileName });
}
