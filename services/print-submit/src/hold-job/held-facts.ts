import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { filterEntries } from '../filters/filter-evidence.js';
import type { DecidedFinishing } from '../finishing/finishing.js';
import { optionsEvidence } from '../finishing/options-evidence.js';
import type { KnownQueue } from '../queues/known-queues.js';
import type { PlannedJob } from './plan-jobs.js';

type OwnerResolved = FlowMessage<'account.owner-resolved.v1'>;

/** What the journey is told of how the jobs of a message begin. */
export function journeyOf(jobs: readonly PlannedJob[], queue: KnownQueue, { decidedBy }: DecidedFinishing, currency: string): JourneyEntry[] {
  const redirected = queue.askedId === queue.queueId ? [] : [redirectedEntry(queue)];
  return [...redirected, ...jobs.flatMap((job) => [...filterEntries(job.document, job.decision, 'hold'), begunEntry(job, decidedBy, currency)])];
}

function begunEntry({ document: { documentId, fileName }, queue, finishing, fate, price, tariffId, decision }: PlannedJob, finishingDecidedBy: DecidedFinishing['decidedBy'], currency: string): JourneyEntry {
  const where = { fileName, queueId: queue.queueId, queueName: queue.name };
  if (fate.kind === 'refused') return { step: 'aborted', document: documentId, evidence: { ...where, reason: fate.reason, problem: fate.problem } };
  const evidence = { ...where, ...optionsEvidence(finishing), finishingDecidedBy, ...(tariffId === '' ? {} : { price, currency, tariff: tariffId }), ...(decision.question === '' ? {} : { question: decision.question }) };
  return fate.kind === 'held'
    ? { step: 'held', document: documentId, evidence: { ...evidence, reason: 'job-hold-until-specified', jobHoldUntil: fate.jobHoldUntil.toISOString() } }
    : { step: 'released', document: documentId, evidence: { ...evidence, by: 'queue-without-validation' } };
}

function redirectedEntry({ askedId, askedName, queueId, name }: KnownQueue): JourneyEntry {
  return { step: 'redirected', evidence: { fromQueueId: askedId, fromQueueName: askedName, queueId, queueName: name, why: 'always' } };
}

/** What others are told of them. `sealedPuk`: undefined where a PIN releases what is held. */
export function factsOf(message: OwnerResolved, jobs: readonly PlannedJob[], sealedPuk: Uint8Array | undefined): Publication[] {
  const held = heldFact(message, jobs, sealedPuk);
  // Where nothing waits, what was refused of the message is told part by part.
  return [...held, ...refusedFacts(message, jobs), ...(held.length > 0 ? [] : refusedPartFacts(message, jobs[0]?.queue))];
}

function heldFact({ payload }: OwnerResolved, jobs: readonly PlannedJob[], sealedPuk: Uint8Array | undefined): Publication[] {
  const { messageId, owner, subject, refusedParts } = payload;
  const held = jobs.flatMap(({ document, queue, fate }) => (fate.kind === 'held' ? [{ document, queue, until: fate.jobHoldUntil }] : []));
  const [first] = held.toSorted((a, b) => a.until.getTime() - b.until.getTime());
  if (!first) return [];
  return [{
    subject: 'print.job-held.v1',
    payload: {
      messageId, owner, queueId: first.queue.queueId, queueName: first.queue.name, subject, refusedParts, sealedPuk: sealedPuk ?? new Uint8Array(), byPin: sealedPuk === undefined, jobHoldUntil: timestampFromDate(first.until),
      jobs: held.map(({ document: { documentId, fileName, pages } }) => ({ jobId: documentId, fileName, pages })),
    },
  }];
}

function refusedFacts({ payload: { messageId, owner } }: OwnerResolved, jobs: readonly PlannedJob[]): Publication[] {
  return jobs.flatMap(({ document: { documentId, fileName, pages }, queue, fate }): Publication[] =>
    (fate.kind === 'refused' ? [{ subject: 'print.job-aborted.v1', payload: { messageId, owner, queueName: queue.name, job: { jobId: documentId, fileName, pages }, reason: fate.reason, statusText: fate.problem } }] : []));
}

function refusedPartFacts({ payload: { messageId, owner, refusedParts } }: OwnerResolved, queue: KnownQueue | undefined): Publication[] {
  return refusedParts.map((part): Publication => ({
    subject: 'print.job-aborted.v1',
    payload: { messageId, owner, queueName: queue?.name ?? '', job: { jobId: part.documentId, fileName: part.fileName, pages: 0 }, reason: part.reason, statusText: part.statusText },
  }));
}
