import type { JobStatus } from '@inkpost/ipp/client/job-status.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { optionsEvidence } from '../finishing/options-evidence.js';
import { type Delivery, printerJobName } from './delivery.js';

type Evidence = NonNullable<JourneyEntry['evidence']>;

/** Where the job went: part of all entries of a delivery. */
export function placeOf({ job, printerUri, attempt }: Delivery): Evidence {
  return { fileName: job.fileName, queueId: job.queueId, queueName: job.queueName, printer: printerUri, attempt };
}

/** The printer has the whole document. */
export function sentEntry(delivery: Delivery, printerJobId: number): JourneyEntry {
  return {
    step: 'sent-to-printer', document: delivery.job.jobId,
    evidence: { ...placeOf(delivery), printerJobId, printerJobName: printerJobName(delivery), ...sentEvidence(delivery), ...finishingEvidence(delivery) },
  };
}

/** How it is to look, and what of it the printer can't do. */
export function finishingEvidence({ job }: Delivery): Evidence {
  const { notApplied } = job;
  return { ...optionsEvidence(job), ...(notApplied.length > 0 ? { notApplied: [...notApplied] } : {}) };
}

/** The printer says what became of the job that it had. */
export function printerSays(status: JobStatus): Evidence {
  return {
    printerJobId: status.jobId, printerJobState: status.jobState, printerJobStateReasons: [...status.jobStateReasons],
    ...(status.jobStateMessage ? { printerJobStateMessage: status.jobStateMessage.slice(0, 200) } : {}),
    ...(status.jobImpressionsCompleted === undefined ? {} : { impressions: status.jobImpressionsCompleted }),
  };
}

/** What left for the printer beside what the document is: the proof that every byte did. Unknown when the sender died. */
export function sentEvidence({ job, sent, converted }: Delivery): Evidence {
  if (sent && converted) return { bytes: sent.bytes, sha256: sent.sha256, convertedTo: converted.documentFormat, sha256IsTheConverted: sent.sha256 === converted.sha256, documentSha256: job.sha256 };
  if (!sent) return { bytes: job.sizeBytes, sha256: job.sha256, confirmation: 'the printer says that it has the document' };
  return { bytes: sent.bytes, sha256: sent.sha256, sha256IsTheDocuments: sent.sha256 === job.sha256 };
}
