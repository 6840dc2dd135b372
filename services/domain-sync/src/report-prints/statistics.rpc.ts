import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { GetPrintTotalsRequest, ListPrintsRequest, StatisticsService } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { PRINTS_LISTED_MAX, TOTALS_LISTED_DEFAULT, TOTALS_LISTED_MAX } from '../limits.js';
import { type Dimension, DIMENSIONS, type LabelledTotal, type PrintTotal, type PrintTotalsStore, type ReportScope } from './print-totals.store.js';
import type { PrintsStore, ReportedPrint } from './prints.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
const TIMES = ['day', 'month'] as const;

/** What was printed, as figures (WD-025). */
export class StatisticsRpc implements ServiceImpl<typeof StatisticsService> {
  constructor(
    private readonly totals: PrintTotalsStore,
    private readonly prints: PrintsStore,
    /** The server whose prints reports are about when none is named; undefined: all. */
    private readonly serverReported: () => Promise<string | undefined>,
  ) {}

  async getPrintTotals({ by, from, to, serverId, limit: wanted }: GetPrintTotalsRequest, context: HandlerContext) {
    authorize(context, 'statistics.read');
    checkPeriod(from, to);
    const scope = { from, to, serverId: await this.serverWanted(serverId) };
    const limit = Math.min(wanted || TOTALS_LISTED_DEFAULT, TOTALS_LISTED_MAX);
    const [rows, total] = await Promise.all([this.rows(by, scope, limit), this.totals.overall(scope)]);
    return { rows: rows.map((row) => ({ ...wireTotal(row), label: row.label })), total: wireTotal(total) };
  }

  async listPrints({ from, to, serverId, limit: wanted, cursor }: ListPrintsRequest, context: HandlerContext) {
    authorize(context, 'statistics.read');
    if (!from || !to) throw invalidField(from ? 'to' : 'from', 'is missing');
    const after = cursor === '' ? undefined : fromCursor(cursor);
    if (cursor !== '' && !after) throw invalidField('cursor', 'must be the nextCursor of an earlier answer');
    const limit = Math.min(wanted || PRINTS_LISTED_MAX, PRINTS_LISTED_MAX);
    const scope = { from: timestampDate(from), to: timestampDate(to), serverId: await this.serverWanted(serverId) };
    const prints = await this.prints.list(scope, after, limit);
    const last = prints.at(-1);
    return { prints: prints.map(wirePrint), nextCursor: last && prints.length === limit ? toCursor({ at: last.completedAt, id: last.jobId }) : '' };
  }

  private async serverWanted(serverId: string): Promise<string | undefined> {
    if (serverId === '') return this.serverReported();
    if (!UUID.test(serverId)) throw invalidField('serverId', 'must be the id of a server');
    return serverId;
  }

  private async rows(by: string, scope: ReportScope, limit: number): Promise<LabelledTotal[]> {
    if (by === 'server') return this.totals.byServer(scope, limit);
    const time = TIMES.find((each) => each === by);
    if (time) return this.totals.byTime(time, scope, limit);
    const dimension = DIMENSIONS.find((each): each is Dimension => each === by);
    if (!dimension) throw invalidField('by', `must be one of ${[...DIMENSIONS, 'server', ...TIMES].join(', ')}`);
    return this.totals.by(dimension, scope, limit);
  }
}

function checkPeriod(from: string, to: string): void {
  for (const [field, day] of Object.entries({ from, to })) {
    if (!/^\d{4}-\d{2}-\d{2}$/u.test(day) || Number.isNaN(Date.parse(day))) throw invalidField(field, 'must be a day such as 2026-11-01');
  }
  if (from > to) throw invalidField('to', 'must not be before from');
}

function wireTotal({ key, jobs, impressions, sheets, colorImpressions, duplexSheets, price }: PrintTotal) {
  return { key, jobs: BigInt(jobs), impressions: BigInt(impressions), sheets: BigInt(sheets), colorImpressions: BigInt(colorImpressions), duplexSheets: BigInt(duplexSheets), price: BigInt(price) };
}

function wirePrint({ completedAt, price, ...rest }: ReportedPrint) {
  return { ...rest, completedAt: timestampFromDate(completedAt), price: BigInt(price) };
}
