import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CompareDaysRequest, ConsolidationService, DayTotal, DeliverFactsRequest, DeliverOwnersRequest, GetDeliveryRequest, PrintFact, RepeatFactsRequest,
} from '@inkpost/contracts/domain/v1/statistics_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { peerOf } from '../answer-servers/peer.js';
import type { DaysStore } from '../compare-days/days.store.js';
import type { DayFigures } from '../compare-days/differing-days.js';
import type { DomainStore } from '../domain/domain.store.js';
import { DAYS_COMPARED_MAX, DAYS_REPEATED_MAX, FACT, FACTS_DELIVERED_MAX, OWNERS_DELIVERED_MAX } from '../limits.js';
import { judgeFact, LIES_IN_THE_FUTURE } from './judge-fact.js';
import type { ReceivedFactsStore, RefusedFact } from './received-facts.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/u;
const DIGEST = /^-?\d{1,40}$/u;

export interface ConsolidationParts {
  readonly domains: Pick<DomainStore, 'current'>;
  readonly facts: ReceivedFactsStore;
  readonly days: DaysStore;
  /** The clock. */
  readonly now: () => Date;
  readonly log: Log;
}

/** On the master: takes in what the other servers printed (DOM-041), each for itself alone. */
export class ConsolidationRpc implements ServiceImpl<typeof ConsolidationService> {
  constructor(private readonly parts: ConsolidationParts) {}

  async getDelivery(_request: GetDeliveryRequest, context: HandlerContext) {
    return { delivery: await this.placeOf(await this.member(context)) };
  }

  async deliverFacts({ series, facts, lastNumber }: DeliverFactsRequest, context: HandlerContext) {
    const serverId = await this.member(context);
    checkSeries(series);
    checkFacts(facts);
    const [first, last] = [facts.at(0), facts.at(-1)];
    if (!first || !last) throw invalidField('facts', 'are missing');
    if (facts.some(({ number }, index) => number !== first.number + BigInt(index))) throw invalidField('facts', 'must bear numbers that follow each other');
    const { counted, refused } = judgeAll(facts, this.parts.now());
    const taken = await this.parts.facts.take(serverId, {
      series, facts: counted, refused, last: { number: Number(last.number), jobId: last.jobId }, after: Number(first.number) - 1, toldNumber: Math.max(Number(last.number), checkedNumber(lastNumber)),
    });
    if (taken && refused.length > 0) this.parts.log.warning('prints of another server were refused', { serverId, count: refused.length, number: refused[0]?.number, reason: refused[0]?.reason });
    return { taken, delivery: await this.placeOf(serverId) };
  }

  async deliverOwners({ owners }: DeliverOwnersRequest, context: HandlerContext) {
    const serverId = await this.member(context);
    if (owners.length > OWNERS_DELIVERED_MAX) throw invalidField('owners', `must be ${OWNERS_DELIVERED_MAX} at most`);
    for (const owner of owners) {
      if ([owner.accountId, owner.directory, owner.label].some((text) => text.length > FACT.textMax || /\p{Cc}/u.test(text))) throw invalidField('owners', 'must be named on one line');
    }
    await this.parts.facts.name(serverId, owners);
    return {};
  }

  async compareDays({ series, number, days, owners }: CompareDaysRequest, context: HandlerContext) {
    const serverId = await this.member(context);
    checkSeries(series);
    if (days.length > DAYS_COMPARED_MAX) throw invalidField('days', `must be ${DAYS_COMPARED_MAX} at most`);
    // Once their day has come they are no longer ahead of it: they are missing, and the day is told again.
    await this.parts.facts.forgive(serverId, LIES_IN_THE_FUTURE, dayOf(new Date(this.parts.now().getTime() + FACT.aheadMs - DAY_MS)));
    const comparison = await this.parts.days.compare(serverId, { series, number: checkedNumber(number), days: days.map(checkedDay), owners: checkedNumber(owners) });
    if (!comparison) return { compared: false };
    const { differing, ownersMissing } = comparison;
    if (differing.length > 0) this.parts.log.warning('statistics of another server differ', { serverId, days: differing.length, first: differing[0]?.day });
    return { compared: true, days: differing.slice(0, DAYS_REPEATED_MAX).map(({ day }) => day), ownersWanted: ownersMissing };
  }

  async repeatFacts({ day, series, facts, last }: RepeatFactsRequest, context: HandlerContext) {
    const serverId = await this.member(context);
    checkSeries(series);
    checkFacts(facts);
    if (!isDay(day)) throw invalidField('day', 'must be a day such as 2026-11-01');
    const { counted } = judgeAll(facts, this.parts.now());
    const ofDay = counted.filter(({ completedAt }) => completedAt && dayOf(timestampDate(completedAt)) === day);
    const added = await this.parts.facts.repeat(serverId, series, ofDay);
    if (last) await this.parts.facts.rebuild(serverId, day);
    if (added > 0) this.parts.log.warning('prints of another server were missing', { serverId, day, added });
    return { added };
  }

  /** Who calls, where this is the master: elsewhere nobody's facts are kept. */
  private async member(context: HandlerContext): Promise<string> {
    const { serverId } = peerOf(context);
    const domain = await this.parts.domains.current();
    if (domain?.role !== 'master' || serverId === domain.masterId) throw new ConnectError('Statistics are told to the master of the domain, which this server is not.', Code.FailedPrecondition);
    return serverId;
  }

  private async placeOf(serverId: string) {
    const { series, receivedNumber, receivedJobId } = await this.parts.facts.place(serverId);
    return { series, receivedNumber: BigInt(receivedNumber), receivedJobId };
  }
}

function checkSeries(series: number): void {
  if (series < 1 || series >= 2 ** 31) throw invalidField('series', 'must be 1 or more');
}

/** What makes no sense as a message is refused as a whole; what can't be true of a print, print by print. */
function checkFacts(facts: readonly PrintFact[]): void {
  if (facts.length > FACTS_DELIVERED_MAX) throw invalidField('facts', `must be ${FACTS_DELIVERED_MAX} at most`);
  for (const { number, jobId } of facts) {
    if (!UUID.test(jobId)) throw invalidField('facts', 'must each name a job');
    if (checkedNumber(number) < 1) throw invalidField('facts', 'must bear numbers from 1 on');
  }
}

function judgeAll(facts: readonly PrintFact[], now: Date): { counted: PrintFact[]; refused: RefusedFact[] } {
  const [counted, refused, jobs]: [PrintFact[], RefusedFact[], Set<string>] = [[], [], new Set()];
  for (const fact of facts) {
    const reason = jobs.has(fact.jobId) ? 'was counted under another number' : judgeFact(fact, now);
    jobs.add(fact.jobId);
    if (reason === undefined) counted.push(fact);
    else refused.push({ number: Number(fact.number), jobId: fact.jobId, day: dayOf(fact.completedAt ? timestampDate(fact.completedAt) : now), reason });
  }
  return { counted, refused };
}

function checkedNumber(number: bigint): number {
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidField('number', 'is beyond all numbers');
  return Number(number);
}

function checkedDay({ day, jobs, impressions, sheets, colorImpressions, duplexSheets, price, digest }: DayTotal): DayFigures {
  if (!isDay(day) || !DIGEST.test(digest)) throw invalidField('days', 'must each be a day with a digest');
  const [jobsTold, impressionsTold, sheetsTold, colorTold, duplexTold, priceTold] = [jobs, impressions, sheets, colorImpressions, duplexSheets, price].map(checkedNumber);
  return {
    day, digest, jobs: jobsTold ?? 0, impressions: impressionsTold ?? 0, sheets: sheetsTold ?? 0, colorImpressions: colorTold ?? 0, duplexSheets: duplexTold ?? 0, price: priceTold ?? 0,
  };
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text)) && dayOf(new Date(text)) === text;
}

function dayOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? '1970-01-01' : date.toISOString().slice(0, 10);
}
