import type { LimitVerdict } from '../balances/decide-limits.js';
import { decideFilters, type FilterDecision, type FilteredPrint, type LocalTime } from '../filters/decide-filters.js';
import type { DecidedFinishing, Finishing } from '../finishing/finishing.js';
import type { KnownQueue } from '../queues/known-queues.js';
import { type Charging, estimate } from '../tariffs/charging.js';
import { decideHold, type Hold } from './decide-hold.js';

/** A document that is to become a job. */
export interface PlannedDocument {
  readonly documentId: string;
  readonly fileName: string;
  readonly pages: number;
  readonly sizeBytes: number;
}

/** It becomes no print: its job ends where it begins. */
interface Refused {
  readonly kind: 'refused';
  readonly reason: 'refused-by-filter' | 'refused-by-balance' | 'refused-by-quota';
  /** For people. */
  readonly problem: string;
}

/** What becomes of a document, and why. */
export interface PlannedJob {
  readonly document: PlannedDocument;
  readonly queue: KnownQueue;
  readonly finishing: Finishing;
  readonly decision: FilterDecision;
  readonly fate: Hold | Refused;
  /** If it is printed as it stands. */
  readonly price: number;
  readonly tariffId: string;
  readonly impressions: number;
}

interface Owner {
  readonly accountId: string;
  readonly address: string;
  /** By its name. */
  readonly directory: string;
}

/** All that is known when documents become jobs. */
export interface JobPlan {
  readonly owner: Owner;
  readonly groups: readonly string[];
  readonly queue: KnownQueue;
  /** The settings'. */
  readonly finishing: DecidedFinishing;
  /** What the jobs begin with: the settings', or what the program asked for that handed the document in. */
  readonly options: DecidedFinishing;
  readonly charging: Charging;
  readonly now: Date;
}

/** What filters make of each document. */
export function filterDocuments(documents: readonly PlannedDocument[], plan: JobPlan): FilterDecision[] {
  const { charging, now } = plan;
  const time = charging.clock(now);
  return documents.map((document) => decideFilters(charging.filters, printOf(document, plan), time));
}

function printOf({ fileName, pages, sizeBytes }: PlannedDocument, { owner, groups, queue, options: { colorMode, sides } }: JobPlan): FilteredPrint {
  return { accountId: owner.accountId, ownerAddress: owner.address, directory: owner.directory, groups, queueId: queue.queueId, fileName, pages, sizeBytes, colorMode, sides };
}

/**
 * The jobs of a message. A document that its owner is to be asked about is held, whatever its queue does with others.
 *
 * @param queueOf the queue that a filter sends to; undefined: there is none of this name, and the document stays where it is.
 */
export function planJobs(documents: readonly PlannedDocument[], decisions: readonly FilterDecision[], plan: JobPlan, queueOf: (queueId: string) => KnownQueue | undefined): PlannedJob[] {
  const { decidedBy: _decidedBy, ...options } = plan.options;
  const time = plan.charging.clock(plan.now);
  return decisions.flatMap((filtered, index) => {
    const document = documents[index];
    if (!document) return [];
    const queue = filtered.queueId === plan.queue.queueId ? plan.queue : (queueOf(filtered.queueId) ?? plan.queue);
    const decision = restrict(filtered, queue, { ...printOf(document, plan), queueId: queue.queueId }, plan.charging, time);
    const finishing = { ...options, colorMode: decision.colorMode, sides: decision.sides };
    const { price, tariffId, impressions } = estimate({ ...finishing, pages: document.pages, queueId: queue.queueId, ownerGroups: plan.groups, notApplied: [] }, plan.charging);
    return [{ document, queue, finishing, decision, fate: fateOf(decision, queue, plan.now), price, tariffId, impressions }];
  });
}

/** By the restrictions of the queue's group. What is held is printed at a time that nobody knows yet: the hours are looked at then. */
function restrict(filtered: FilterDecision, { validation }: KnownQueue, print: FilteredPrint, { restrictions }: Charging, time: LocalTime): FilterDecision {
  if (filtered.refusal !== undefined) return filtered;
  return decideFilters(restrictions.filter(({ isOfPrinting }) => !isOfPrinting || !(validation || filtered.question !== '')), print, time, filtered);
}

function fateOf({ refusal, question }: FilterDecision, queue: KnownQueue, now: Date): PlannedJob['fate'] {
  if (refusal !== undefined) return { kind: 'refused', reason: 'refused-by-filter', problem: refusal };
  return decideHold(question === '' ? queue : { ...queue, validation: true }, now);
}

/** Nobody releases these, so that their owner's limits are looked at now. */
export function areLimited(jobs: readonly PlannedJob[]): PlannedJob[] {
  return jobs.filter(({ fate }) => fate.kind === 'released');
}

/** `verdicts`: of those that `areLimited` gives, in their order. */
export function limitJobs(jobs: readonly PlannedJob[], verdicts: readonly LimitVerdict[]): PlannedJob[] {
  const limited = areLimited(jobs);
  return jobs.map((job) => {
    const verdict = verdicts[limited.indexOf(job)];
    if (verdict?.kind !== 'refused') return job;
    return { ...job, fate: { kind: 'refused', reason: `refused-by-${verdict.reason}` as const, problem: verdict.problem } };
  });
}
