import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { DeliverStatisticsRequest, GetConsolidationRequest, GetPrintTotalsRequest, ListPrintsRequest, PutStatisticsPaceRequest, StatisticsService } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { FactSending, FactSendingStore } from '../deliver-facts/fact-sending.store.js';
import type { OwnFactsStore, Standing } from '../deliver-facts/own-facts.store.js';
import type { DomainStore } from '../domain/domain.store.js';
import { DELIVERY_DETAILS_MAX, PRINTS_LISTED_MAX, STATISTICS_EVERY_SECONDS_MAX, STATISTICS_EVERY_SECONDS_MIN, TOTALS_LISTED_DEFAULT, TOTALS_LISTED_MAX } from '../limits.js';
import type { ConsolidationStore, ServerDelivery } from './consolidation.store.js';
import { type Dimension, DIMENSIONS, type LabelledTotal, type PrintTotal, type PrintTotalsStore, type ReportScope } from './print-totals.store.js';
import type { PrintsStore, ReportedPrint } from './prints.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
const TIMES = ['day', 'month'] as const;

export interface StatisticsParts {
  readonly totals: PrintTotalsStore;
  readonly prints: PrintsStore;
  readonly consolidation: ConsolidationStore;
  readonly ownFacts: Pick<OwnFactsStore, 'standing'>;
  readonly sendings: Pick<FactSendingStore, 'find'>;
  readonly domains: Pick<DomainStore, 'current'>;
  readonly deliverNow: () => void;
}

/** What was printed, as figures (WD-025): on the master of a domain by all its servers (DOM-041). */
export class StatisticsRpc implements ServiceImpl<typeof StatisticsService> {
  constructor(private readonly parts: StatisticsParts) {}

  async getPrintTotals({ by, from, to, serverId, limit: wanted }: GetPrintTotalsRequest, context: HandlerContext) {
    authorize(context, 'statistics.read');
    checkPeriod(from, to);
    const scope = { from, to, serverId: await this.serverWanted(serverId) };
    const limit = Math.min(wanted || TOTALS_LISTED_DEFAULT, TOTALS_LISTED_MAX);
    const [rows, total] = await Promise.all([this.rows(by, scope, limit), this.parts.totals.overall(scope)]);
    return { rows: rows.map((row) => ({ ...wireTotal(row), label: row.label })), total: wireTotal(total) };
  }

  async listPrints({ from, to, serverId, limit: wanted, cursor }: ListPrintsRequest, context: HandlerContext) {
    authorize(context, 'statistics.read');
    if (!from || !to) throw invalidField(from ? 'to' : 'from', 'is missing');
    const after = cursor === '' ? undefined : fromCursor(cursor);
    if (cursor !== '' && !after) throw invalidField('cursor', 'must be the nextCursor of an earlier answer');
    const limit = Math.min(wanted || PRINTS_LISTED_MAX, PRINTS_LISTED_MAX);
    const scope = { from: timestampDate(from), to: timestampDate(to), serverId: await this.serverWanted(serverId) };
    const prints = await this.parts.prints.list(scope, after, limit);
    const last = prints.at(-1);
    return { prints: prints.map(wirePrint), nextCursor: last && prints.length === limit ? toCursor({ at: last.completedAt, id: last.jobId }) : '' };
  }

  async getConsolidation(_request: GetConsolidationRequest, context: HandlerContext) {
    authorize(context, 'statistics.read');
    const { consolidation, ownFacts, sendings, domains } = this.parts;
    const [domain, servers, sending, standing] = await Promise.all([domains.current(), consolidation.list(DELIVERY_DETAILS_MAX), sendings.find(), ownFacts.standing()]);
    if (!domain) return {};
    const everySeconds = domain.settings.statisticsEverySeconds;
    if (domain.role === 'master') return { servers: servers.map(wireDelivery), everySeconds };
    return sending && standing ? { own: wireOwnDelivery(sending, standing), everySeconds } : { everySeconds };
  }

  async putStatisticsPace({ everySeconds }: PutStatisticsPaceRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    if (everySeconds < STATISTICS_EVERY_SECONDS_MIN || everySeconds > STATISTICS_EVERY_SECONDS_MAX) {
      throw invalidField('everySeconds', `must be from ${STATISTICS_EVERY_SECONDS_MIN} to ${STATISTICS_EVERY_SECONDS_MAX}`);
    }
    if (!(await this.parts.consolidation.putPace(everySeconds))) throw new ConnectError('This server is not the master of a domain: the pace is set there.', Code.FailedPrecondition);
    return { everySeconds };
  }

  async deliverStatistics(_request: DeliverStatisticsRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    if ((await this.parts.domains.current())?.role !== 'slave') throw new ConnectError('This server is no slave of a domain: it has no master to tell its statistics to.', Code.FailedPrecondition);
    this.parts.deliverNow();
    return {};
  }

  /** Undefined: all. Only a master knows what the others print now. */
  private async serverWanted(serverId: string): Promise<string | undefined> {
    if (serverId !== '') {
      if (!UUID.test(serverId)) throw invalidField('serverId', 'must be the id of a server');
      return serverId;
    }
    const { domains, ownFacts } = this.parts;
    return (await domains.current())?.role === 'master' ? undefined : (await ownFacts.standing())?.serverId;
  }

  private async rows(by: string, scope: ReportScope, limit: number): Promise<LabelledTotal[]> {
    if (by === 'server') return this.parts.totals.byServer(scope, limit);
    const time = TIMES.find((each) => each === by);
    if (time) return this.parts.totals.byTime(time, scope, limit);
    const dimension = DIMENSIONS.find((each): each is Dimension => each === by);
    if (!dimension) throw invalidField('by', `must be one of ${[...DIMENSIONS, 'server', ...TIMES].join(', ')}`);
    return this.parts.totals.by(dimension, scope, limit);
  }
}

function checkPeriod(from: string, to: string): void {
  for (const [field, day] of Object.entries({ from, to })) {
    if (!/^\d{4}-\d{2}-\d{2}$/u.test(day) || Number.isNaN(Date.parse(day))) throw invalidField(field, 'must be a day such as 2026-11-01');
  }
  if (from > to) throw invalidField('to', 'must not be before from');
}

function wireTotal({ key, ...figures }: PrintTotal) {
  return { key, ...wireFigures(figures) };
}

function wireFigures({ jobs, impressions, sheets, colorImpressions, duplexSheets, price }: Omit<PrintTotal, 'key'>) {
  return { jobs: BigInt(jobs), impressions: BigInt(impressions), sheets: BigInt(sheets), colorImpressions: BigInt(colorImpressions), duplexSheets: BigInt(duplexSheets), price: BigInt(price) };
}

function wirePrint({ completedAt, price, ...rest }: ReportedPrint) {
  return { ...rest, completedAt: timestampFromDate(completedAt), price: BigInt(price) };
}

function wireDelivery({ serverId, name, receivedNumber, toldNumber, receivedAt, comparedAt, comparedNumber, comparedDays, differences, refused, total }: ServerDelivery) {
  return {
    serverId, name, receivedNumber: BigInt(receivedNumber), toldNumber: BigInt(toldNumber), receivedAt: timestampFromDate(receivedAt), total: wireFigures(total),
    ...(comparedAt && { comparedAt: timestampFromDate(comparedAt) }), comparedNumber: BigInt(comparedNumber ?? 0), comparedDays: comparedDays ?? 0,
    refused: refused.map(({ reason, prints }) => ({ reason, prints: BigInt(prints) })),
    differences: differences.map(({ day, jobsThere, impressionsThere, priceThere, jobsHere, impressionsHere, priceHere }) => ({
      day, jobsThere: BigInt(jobsThere), impressionsThere: BigInt(impressionsThere), priceThere: BigInt(priceThere), jobsHere: BigInt(jobsHere), impressionsHere: BigInt(impressionsHere), priceHere: BigInt(priceHere),
    })),
  };
}

function wireOwnDelivery({ masterId, deliveredNumber, deliveredAt, comparedAt, daysDiffering, triedAt, problem }: FactSending, { number }: Standing) {
  return {
    masterId, deliveredNumber: BigInt(deliveredNumber), lastNumber: BigInt(number), daysDiffering, problem, triedAt: timestampFromDate(triedAt),
    ...(deliveredAt && { deliveredAt: timestampFromDate(deliveredAt) }), ...(comparedAt && { comparedAt: timestampFromDate(comparedAt) }),
  };
}
