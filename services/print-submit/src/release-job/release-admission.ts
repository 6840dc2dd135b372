import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { LimitVerdict } from '../balances/decide-limits.js';
import type { Standings } from '../balances/standings.js';
import { decideFilters, type FilterDecision } from '../filters/decide-filters.js';
import { filterEntries } from '../filters/filter-evidence.js';
import type { Job } from '../print-job/job.js';
import type { Identification } from '../release-profiles/identification.js';
import { type Charging, estimate, hasRules, repriced } from '../tariffs/charging.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import { lockReleasable } from './release.store.js';

/** A document that its owner wanted and that stays held. */
export interface NotReleased {
  readonly jobId: string;
  readonly reason: 'filter' | 'balance' | 'quota' | 'unconfirmed';
  /** For people. */
  readonly problem: string;
}

/** What may go of what somebody wants. */
export interface Admission {
  /** Empty with `isAll`: whatever waits. */
  readonly jobIds: readonly string[];
  /** Nothing had to be decided: what was wanted goes. */
  readonly isAll: boolean;
  readonly notReleased: readonly NotReleased[];
  /** What the journeys are told besides, by message. */
  readonly entries: ReadonlyMap<string, readonly JourneyEntry[]>;
}

interface Decided {
  readonly job: Job;
  readonly decision: FilterDecision;
}

type Stays = NotReleased & { readonly job: Job; readonly decision: FilterDecision };

const NAME_OF_QUEUE = 'SELECT id, name FROM queue WHERE id = ANY ($1::text[]) FOR KEY SHARE';
const APPLY = `
  UPDATE job SET color_mode = d.color_mode, sides = d.sides, forced = d.forced, question = d.question, queue_id = d.queue_id, queue_name = d.queue_name
  FROM jsonb_populate_recordset(NULL::job, $1) AS d WHERE job.id = d.id`;
const STAYS = `UPDATE job SET problem = d.problem FROM jsonb_populate_recordset(NULL::job, $1) AS d WHERE job.id = d.id`;

/** Looks at documents once more when they are to go: rules, times, balances and options may be others than when they came. */
export class ReleaseAdmission {
  constructor(
    private readonly charging: KnownCharging,
    private readonly standings: Standings,
  ) {}

  /** `confirmed`: whose question was answered with yes. What was changed of a document by a filter is changed from now on. */
  async admit(transaction: FlowTransaction, who: Identification, jobIds: readonly string[], confirmed: ReadonlySet<string>): Promise<Admission> {
    const charging = await this.charging.current();
    if (!hasRules(charging)) return { jobIds, isAll: true, notReleased: [], entries: new Map() };
    const decided = await this.decide(transaction, await lockReleasable(transaction, who, jobIds), charging);
    const refused = decided.flatMap((each) => staysFor(each, confirmed));
    const wanted = decided.filter(({ job }) => !refused.some(({ jobId }) => jobId === job.jobId));
    const verdicts = await this.limit(transaction, who, wanted, charging);
    const limited = wanted.flatMap((each, index) => overLimit(each, verdicts[index]));
    const going = wanted.filter(({ job }) => !limited.some(({ jobId }) => jobId === job.jobId));
    await this.write(transaction, going, [...refused, ...limited]);
    const warned = going.flatMap(({ job }) => warningEntry(job, verdicts[wanted.findIndex((each) => each.job === job)]));
    return {
      jobIds: going.map(({ job }) => job.jobId), isAll: false,
      notReleased: [...refused, ...limited].map(({ jobId, reason, problem }) => ({ jobId, reason, problem })),
      entries: byMessage([...going.flatMap(({ job, decision }) => tell(job, filterEntries(toDocument(job), decision, 'release'))), ...warned, ...[...refused, ...limited].flatMap(stayEntries)]),
    };
  }

  /** Documents as their owner sees them before: what they would cost now. */
  async priced<J extends Job>(jobs: readonly J[]): Promise<J[]> {
    const charging = await this.charging.current();
    return jobs.map((job) => repriced(job, charging));
  }

  private async decide(transaction: FlowTransaction, jobs: readonly Job[], charging: Charging): Promise<Decided[]> {
    const time = charging.clock(new Date());
    const filtered = jobs.map((job) => ({ job, decision: decideFilters(charging.filters, { ...job, groups: job.ownerGroups }, time) }));
    const elsewhere = filtered.filter(({ job, decision }) => decision.queueId !== job.queueId).map(({ decision }) => decision.queueId);
    const queues = elsewhere.length === 0 ? [] : await transaction.query<{ id: string; name: string }>('release.queues', NAME_OF_QUEUE, [elsewhere]);
    return filtered.map(({ job, decision: before }) => {
      const queue = queues.find(({ id }) => id === before.queueId);
      const print = { ...job, groups: job.ownerGroups, queueId: queue?.id ?? job.queueId };
      const decision = before.refusal === undefined ? decideFilters(charging.restrictions, print, time, before) : before;
      const { colorMode, sides, forced, question } = decision;
      return { decision, job: { ...job, colorMode, sides, forced, question, ...(queue ? { queueId: queue.id, queueName: queue.name } : {}) } };
    });
  }

  private async limit(transaction: FlowTransaction, { accountId }: Identification, wanted: readonly Decided[], charging: Charging): Promise<LimitVerdict[]> {
    const [first] = wanted;
    if (!first) return [];
    return this.standings.decideLocked(transaction, { accountId, groups: first.job.ownerGroups }, wanted.map(({ job }) => estimate(job, charging)), charging);
  }

  private async write(transaction: FlowTransaction, going: readonly Decided[], staying: readonly Stays[]): Promise<void> {
    const rows = going.map(({ job }) => ({
      id: job.jobId, color_mode: job.colorMode, sides: job.sides, forced: job.forced, question: job.question, queue_id: job.queueId, queue_name: job.queueName,
    }));
    if (rows.length > 0) await transaction.query('release.apply', APPLY, [JSON.stringify(rows)]);
    if (staying.length > 0) await transaction.query('release.stays', STAYS, [JSON.stringify(staying.map(({ jobId, problem }) => ({ id: jobId, problem })))]);
  }
}

function staysFor({ job, decision }: Decided, confirmed: ReadonlySet<string>): Stays[] {
  const { jobId } = job;
  if (decision.refusal !== undefined) return [{ jobId, job, decision, reason: 'filter', problem: decision.refusal }];
  if (decision.question === '' || confirmed.has(jobId)) return [];
  return [{ jobId, job, decision, reason: 'unconfirmed', problem: decision.question }];
}

function overLimit({ job, decision }: Decided, verdict: LimitVerdict | undefined): Stays[] {
  return verdict?.kind === 'refused' ? [{ jobId: job.jobId, job, decision, reason: verdict.reason, problem: verdict.problem }] : [];
}

type Told = readonly [messageId: string, entry: JourneyEntry];

/** Once: who tries again and again fills no journey. A question that is not answered yet is nothing that happened. */
function stayEntries({ job, decision, reason, problem }: Stays): Told[] {
  if (reason === 'unconfirmed' || job.problem === problem) return [];
  const { jobId, fileName, queueId, queueName } = job;
  return tell(job, [...filterEntries(toDocument(job), decision, 'release'), { step: 'not-released', document: jobId, evidence: { fileName, queueId, queueName, reason, problem } }]);
}

function warningEntry(job: Job, verdict: LimitVerdict | undefined): Told[] {
  if (verdict?.kind !== 'warned') return [];
  const { reason, problem, limit } = verdict;
  return tell(job, [{ step: 'limit-exceeded', document: job.jobId, evidence: { fileName: job.fileName, reason, problem, limit } }]);
}

function tell({ messageId }: Job, entries: readonly JourneyEntry[]): Told[] {
  return entries.map((entry) => [messageId, entry] as const);
}

function toDocument({ jobId, fileName }: Job): { readonly documentId: string; readonly fileName: string } {
  return { documentId: jobId, fileName };
}

function byMessage(told: readonly Told[]): Map<string, JourneyEntry[]> {
  return new Map([...Map.groupBy(told, ([messageId]) => messageId)].map(([messageId, own]) => [messageId, own.map(([, entry]) => entry)]));
}
