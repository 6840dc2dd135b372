import { z } from 'zod';
import type { Print, PrintTotal } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import type { Caller } from '@inkpost/service/rights.js';
import { CSV_BEGIN, csvLine } from '../answer-route/csv-line.js';
import { fromInstant, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { STATISTICS } from '../limits.js';

const figures = {
  jobs: z.int(),
  impressions: z.int().describe('Sides with something on them.'),
  sheets: z.int(),
  colorImpressions: z.int(),
  duplexSheets: z.int(),
  price: z.int().describe('Thousandths of the currency.'),
};

const total = z.object(figures).meta({ id: 'PrintFigures' });
const row = z.object({
  key: z.string().nullable().describe('An identifier, a path, a day or a month; null: the prints have none.'),
  label: z.string().nullable().describe('Of a user: as the directory names it; null: erased, or the key says it.'),
  ...figures,
}).meta({ id: 'PrintTotal' });

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2026-11-01');

function toFigures({ jobs, impressions, sheets, colorImpressions, duplexSheets, price }: PrintTotal): z.input<typeof total> {
  return {
    jobs: Number(jobs), impressions: Number(impressions), sheets: Number(sheets), colorImpressions: Number(colorImpressions), duplexSheets: Number(duplexSheets), price: Number(price),
  };
}

const COLUMNS = [
  'completedAt', 'jobId', 'accountId', 'owner', 'directory', 'userGroup', 'queueId', 'location', 'mailboxId', 'origin', 'pages', 'copies', 'impressions', 'sheets', 'color', 'duplex', 'media', 'price',
] as const;

function toCells(print: Print): readonly (string | number | boolean)[] {
  const { jobId, accountId, ownerLabel, directory, userGroup, queueId, locationPath, mailboxId, origin, pages, copies, impressions, sheets, color, duplex, media, price } = print;
  return [
    toInstant(print.completedAt) ?? '', jobId, accountId, ownerLabel, directory, userGroup, queueId, locationPath, mailboxId, origin, pages, copies, impressions, sheets, color, duplex, media, Number(price),
  ];
}

/** What was printed, as figures (WD-025); domain-sync owns them. */
export function statisticsRoutes({ statistics }: Owners) {
  async function* printsAsCsv(from: string, to: string, caller: Caller): AsyncGenerator<string> {
    yield `${CSV_BEGIN}${csvLine(COLUMNS)}`;
    let cursor = '';
    do {
      const page = await statistics.listPrints({ ...period(from, to), cursor }, as(caller));
      yield page.prints.map((print) => csvLine(toCells(print))).join('');
      cursor = page.nextCursor;
    } while (cursor !== '');
  }
  return [
    route({
      method: 'GET', path: '/api/v0/statistics/prints', operation: 'getPrintTotals', right: 'statistics.read', summary: 'What the prints of a time add up to, by one of their properties',
      query: z.strictObject({
        by: z.enum(['user', 'group', 'queue', 'location', 'mailbox', 'origin', 'day', 'month']), from: day.describe('A day (UTC), included.'), to: day.describe('A day (UTC), included.'),
        limit: z.coerce.number().int().min(1).max(STATISTICS.rowsMax).default(STATISTICS.rowsDefault).describe('Rows at most: those with most impressions first; days and months in their order.'),
      }),
      status: 200, answer: z.object({ rows: z.array(row), total: total.describe('Of all prints of the time.') }),
      handle: async ({ query, caller }) => {
        const { rows, total: overall } = await statistics.getPrintTotals(query, as(caller));
        return { rows: rows.map((each) => ({ key: orNull(each.key), label: orNull(each.label), ...toFigures(each) })), total: toFigures(present(overall, 'total')) };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/statistics/prints.csv', operation: 'exportPrints', right: 'statistics.read', summary: 'The prints one by one, the oldest first, for spreadsheets',
      query: z.strictObject({ from: instant, to: instant.describe('Not included.') }), status: 200, answer: { mediaType: 'text/csv; charset=utf-8', fileName: 'prints.csv' },
      handle: async ({ query: { from, to }, caller }) => printsAsCsv(from, to, caller),
    }),
  ];
}

function period(from: string, to: string) {
  const [begin, end] = [fromInstant(from), fromInstant(to)];
  return { ...(begin ? { from: begin } : {}), ...(end ? { to: end } : {}) };
}
