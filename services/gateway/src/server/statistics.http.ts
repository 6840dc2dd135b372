import { z } from 'zod';
import type { Print, PrintTotal } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import type { Caller } from '@inkpost/service/rights.js';
import { CSV_BEGIN, csvLine } from '../answer-route/csv-line.js';
import { fromInstant, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import type { JourneyStore } from '../journey/journey.store.js';
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
  label: z.string().nullable().describe('Of a user: as the directory names it; of a server: its name; null: erased, or the key says it.'),
  ...figures,
}).meta({ id: 'PrintTotal' });

/** DOM-041 */
const server = z.uuid().optional().describe('Prints of this server alone. Left out: on the master of a domain those of all servers, elsewhere this one\'s.');

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2026-11-01');

function toFigures({ jobs, impressions, sheets, colorImpressions, duplexSheets, price }: PrintTotal): z.input<typeof total> {
  return {
    jobs: Number(jobs), impressions: Number(impressions), sheets: Number(sheets), colorImpressions: Number(colorImpressions), duplexSheets: Number(duplexSheets), price: Number(price),
  };
}

const COLUMNS = [
  'completedAt', 'jobId', 'accountId', 'owner', 'directory', 'userGroup', 'queueId', 'location', 'mailboxId', 'origin', 'pages', 'copies', 'impressions', 'sheets', 'color', 'duplex', 'media', 'price', 'serverId',
] as const;

function toCells(print: Print): readonly (string | number | boolean)[] {
  const { serverId, jobId, accountId, ownerLabel, directory, userGroup, queueId, locationPath, mailboxId, origin, pages, copies, impressions, sheets, color, duplex, media, price } = print;
  return [
    toInstant(print.completedAt) ?? '', jobId, accountId, ownerLabel, directory, userGroup, queueId, locationPath, mailboxId, origin, pages, copies, impressions, sheets, color, duplex, media, Number(price), serverId,
  ];
}

/** What a server does in a time (SKY-094), by the steps of its journeys. */
const ACTIVITY = {
  mails: ['received'], documents: ['document-extracted'],
  mailsRefused: ['sender-refused', 'sender-unauthenticated', 'message-refused', 'owner-refused'], documentsRefused: ['document-refused', 'part-refused'],
  held: ['held'], released: ['released'], printed: ['printed'], failed: ['aborted'], expired: ['expired'],
} as const;

const activity = z.object({
  mails: z.int(), documents: z.int(), mailsRefused: z.int(), documentsRefused: z.int().describe('Also parts of mails that can\'t be printed.'),
  held: z.int(), released: z.int(), printed: z.int(), failed: z.int(), expired: z.int(),
}).meta({ id: 'ServerActivity' });

const serverStatistics = z.object({
  lastHour: activity, lastDay: activity.describe('The last 24 hours.'),
  waiting: z.object({
    held: z.int().describe('Documents whose code was not given yet.'), forPrinter: z.int().describe('Released, and not printed yet.'),
    uncertain: z.int().describe('Nobody can say whether they were printed: a person has to decide.'),
  }),
}).meta({ id: 'ServerStatistics' });

const HOUR_MS = 3_600_000;

/** What was printed, as figures (WD-025); domain-sync owns them. */
export function statisticsRoutes({ statistics, jobs }: Owners, journeys: JourneyStore) {
  async function activityOf(hours: number): Promise<z.input<typeof activity>> {
    const counts = await journeys.countSteps(new Date(Date.now() - hours * HOUR_MS));
    const sum = (steps: readonly string[]): number => steps.reduce((total, step) => total + (counts.get(step) ?? 0), 0);
    return Object.fromEntries(Object.entries(ACTIVITY).map(([name, steps]) => [name, sum(steps)])) as z.input<typeof activity>;
  }
  async function* printsAsCsv(from: string, to: string, serverId: string, caller: Caller): AsyncGenerator<string> {
    yield `${CSV_BEGIN}${csvLine(COLUMNS)}`;
    let cursor = '';
    do {
      const page = await statistics.listPrints({ ...period(from, to), serverId, cursor }, as(caller));
      yield page.prints.map((print) => csvLine(toCells(print))).join('');
      cursor = page.nextCursor;
    } while (cursor !== '');
  }
  return [
    route({
      method: 'GET', path: '/api/v0/statistics/server', operation: 'getServerStatistics', right: 'jobs.read', summary: 'What this server did in the last hour and day, and what waits', // SKY-094
      status: 200, answer: serverStatistics,
      handle: async ({ caller }) => {
        const [lastHour, lastDay, { held, waiting, uncertain }] = await Promise.all([activityOf(1), activityOf(24), jobs.countJobs({}, as(caller))]);
        return { lastHour, lastDay, waiting: { held, forPrinter: waiting, uncertain } };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/statistics/prints', operation: 'getPrintTotals', right: 'statistics.read', summary: 'What the prints of a time add up to, by one of their properties',
      query: z.strictObject({
        by: z.enum(['day', 'month', 'user', 'group', 'queue', 'location', 'mailbox', 'origin', 'server']).default('day'), from: day.optional().describe('A day (UTC), included; left out: the first of this month.'), to: day.optional().describe('A day (UTC), included; left out: today.'),
        limit: z.coerce.number().int().min(1).max(STATISTICS.rowsMax).default(STATISTICS.rowsDefault).describe('Rows at most: those with most impressions first; days and months in their order.'), server,
      }),
      status: 200, answer: z.object({ rows: z.array(row), total: total.describe('Of all prints of the time.') }),
      handle: async ({ query: { by, limit, from = thisMonth(), to = today(), server: serverId = '' }, caller }) => {
        const { rows, total: overall } = await statistics.getPrintTotals({ by, limit, from, to, serverId }, as(caller));
        return { rows: rows.map((each) => ({ key: orNull(each.key), label: orNull(each.label), ...toFigures(each) })), total: toFigures(present(overall, 'total')) };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/statistics/prints.csv', operation: 'exportPrints', right: 'statistics.read', summary: 'The prints one by one, the oldest first, for spreadsheets',
      query: z.strictObject({ from: instant.optional().describe('Left out: the begin of this month (UTC).'), to: instant.optional().describe('Not included; left out: now.'), server }), status: 200, answer: { mediaType: 'text/csv; charset=utf-8', fileName: 'prints.csv' },
      handle: async ({ query: { from = `${thisMonth()}T00:00:00Z`, to = new Date().toISOString(), server: serverId = '' }, caller }) => printsAsCsv(from, to, serverId, caller),
    }),
  ];
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function thisMonth(): string {
  return `${today().slice(0, 7)}-01`;
}

function period(from: string, to: string) {
  const [begin, end] = [fromInstant(from), fromInstant(to)];
  return { ...(begin ? { from: begin } : {}), ...(end ? { to: end } : {}) };
}
