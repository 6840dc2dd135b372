import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { GetPrintTotalsRequest, ListPrintsRequest, StatisticsService } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { PRINTS_LISTED_MAX, TOTALS_LISTED_DEFAULT, TOTALS_LISTED_MAX } from '../limits.js';
import { type Dimension, DIMENSIONS, type LabelledTotal, type Period, type PrintTotal, type PrintTotalsStore } from './print-totals.store.js';
import type { PrintsStore, ReportedPrint } from './prints.store.js';

const TIMES = ['day', 'month'] as const;

/** What was printed, as figures (WD-025). */
export class StatisticsRpc implements ServiceImpl<typeof StatisticsService> {
  constructor(
    private readonly totals: PrintTotalsStore,
    private readonly prints: PrintsStore,
  ) {}

  async getPrintTotals({ by, from, to, limit: wanted }: GetPrintTotalsRequest, context: HandlerContext) {
    authorize(context, 'statistics.read');
    const period = checkedPeriod(from, to);
    const limit = Math.min(wanted || TOTALS_LISTED_DEFAULT, TOTALS_LISTED_MAX);
    const [rows, total] = await Promise.all([this.rows(by, period, limit), this.totals.overall(period)]);
    return { rows: rows.map((row) => ({ ...wireTotal(row), label: row.label })), total: wireTotal(total) };
  }

  async listPrints({ from, to, limit: wanted, cursor }: ListPrintsRequest, context: HandlerContext) {
    authorize(context, 'statistics.read');
    if (!from || !to) throw invalidField(from ? 'to' : 'from', 'is missing');
    const after = cursor === '' ? undefined : fromCursor(cursor);
    if (cursor !== '' && !after) throw invalidField('cursor', 'must be the nextCursor of an earlier answer');
    const limit = Math.min(wanted || PRINTS_LISTED_MAX, PRINTS_LISTED_MAX);
    const prints = await this.prints.list(timestampDate(from), timestampDate(to), after, limit);
    const last = prints.at(-1);
    return { prints: prints.map(wirePrint), nextCursor: last && prints.length === limit ? toCursor({ at: last.completedAt, id: last.jobId }) : '' };
  }

  private async rows(by: string, period: Period, limit: number): Promise<LabelledTotal[]> {
    const time = TIMES.find((each) => each === by);
    if (time) return this.totals.byTime(time, period, limit);
    const dimension = DIMENSIONS.find((each): each is Dimension => each === by);
    if (!dimension) throw invalidField('by', `must be one of ${[...DIMENSIONS, ...TIMES].join(', ')}`);
    return this.totals.by(dimension, period, limit);
  }
}

function checkedPeriod(from: string, to: string): Period {
  for (const [field, day] of Object.entries({ from, to })) {
    if (!/^\d{4}-\d{2}-\d{2}$/u.test(day) || Number.isNaN(Date.parse(day))) throw invalidField(field, 'must be a day such as 2026-11-01');
  }
  if (from > to) throw invalidField('to', 'must not be before from');
  return { from, to };
}

function wireTotal({ key, jobs, impressions, sheets, colorImpressions, duplexSheets, price }: PrintTotal) {
  return { key, jobs: BigInt(jobs), impressions: BigInt(impressions), sheets: BigInt(sheets), colorImpressions: BigInt(colorImpressions), duplexSheets: BigInt(duplexSheets), price: BigInt(price) };
}

function wirePrint({ completedAt, price, ...rest }: ReportedPrint) {
  return { ...rest, completedAt: timestampFromDate(completedAt), price: BigInt(price) };
}
