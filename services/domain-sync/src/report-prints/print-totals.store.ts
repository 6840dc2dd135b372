import { type Pool, query } from '@inkpost/postgres/pool.js';
import { linesOf, SUMS } from '../add-up-prints/added-up.js';

/** What prints are added up by. Servers, days and months are those of dimension `all`. */
export const DIMENSIONS = ['user', 'group', 'queue', 'location', 'mailbox', 'origin'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface PrintTotal {
  readonly key: string;
  readonly jobs: number;
  readonly impressions: number;
  readonly sheets: number;
  readonly colorImpressions: number;
  readonly duplexSheets: number;
  /** Thousandths of the currency. */
  readonly price: number;
}

export interface LabelledTotal extends PrintTotal {
  readonly label: string;
}

/** What a report is about. */
export interface ReportScope {
  /** Days (UTC), both included. */
  readonly from: string;
  readonly to: string;
  /** Undefined: all servers that this one knows prints of. */
  readonly serverId: string | undefined;
}

type Row = LabelledTotal & Record<string, unknown>;

/** Nothing that is added up yet, and nothing that was told twice. */
const NEW_FACTS = `(SELECT s.server_id, n.* FROM print_fact_new n, server s WHERE (SELECT p.job_id FROM print_fact p WHERE p.server_id = s.server_id AND p.job_id = n.job_id LIMIT 1) IS NULL)`;

/** What is added up, and what is not yet, seen at one moment. $1, $2: the days; $3: the server, null: all. */
function lines(dimension: string): string {
  return `lines AS (
    SELECT day, server_id, key, jobs, impressions, sheets, color_impressions, duplex_sheets, price FROM print_total
    WHERE dimension = ${dimension} AND day BETWEEN $1::date AND $2::date AND ($3::uuid IS NULL OR server_id = $3)
    UNION ALL
    SELECT l.day, l.server_id, l.key, l.jobs, l.impressions, l.sheets, l.color_impressions, l.duplex_sheets, l.price FROM (${linesOf(NEW_FACTS)}) AS l
    WHERE l.dimension = ${dimension} AND l.day BETWEEN $1::date AND $2::date AND ($3::uuid IS NULL OR l.server_id = $3))`;
}

const NUMBERS = `t.jobs::float8 AS jobs, t.impressions::float8 AS impressions, t.sheets::float8 AS sheets,
  t.color_impressions::float8 AS "colorImpressions", t.duplex_sheets::float8 AS "duplexSheets", t.price::float8 AS price`;

/** As this server names the owner; else as another one does that printed for the account. */
const LABEL = `coalesce((SELECT o.label FROM print_owner o WHERE o.account_id = t.key AND o.label <> ''), (SELECT max(m.label) FROM member_owner m WHERE m.account_id = t.key AND ($3::uuid IS NULL OR m.server_id = $3)), '')`;

const BY_KEY = `
  WITH ${lines('$4')}, totals AS (SELECT key, ${SUMS} FROM lines GROUP BY key ORDER BY sum(impressions) DESC, key LIMIT $5)
  SELECT t.key, CASE WHEN $4 = 'user' THEN ${LABEL} ELSE '' END AS label, ${NUMBERS} FROM totals t ORDER BY t.impressions DESC, t.key`;

const BY_SERVER = `
  WITH ${lines("'all'")}, totals AS (SELECT server_id, ${SUMS} FROM lines GROUP BY server_id ORDER BY sum(impressions) DESC, server_id LIMIT $4)
  SELECT t.server_id AS key, coalesce(m.name, s.name, '') AS label, ${NUMBERS} FROM totals t LEFT JOIN server s ON s.server_id = t.server_id LEFT JOIN member m ON m.server_id = t.server_id ORDER BY t.impressions DESC, t.server_id`;

function byTime(pattern: string): string {
  return `WITH ${lines("'all'")}, totals AS (SELECT to_char(day, '${pattern}') AS key, ${SUMS} FROM lines GROUP BY 1 ORDER BY 1 LIMIT $4) SELECT t.key, '' AS label, ${NUMBERS} FROM totals t ORDER BY t.key`;
}

const BY_TIME = { day: byTime('YYYY-MM-DD'), month: byTime('YYYY-MM') } as const;

const OVERALL = `WITH ${lines("'all'")}, t AS (SELECT ${SUMS} FROM lines) SELECT '' AS key, '' AS label, ${NUMBERS} FROM t WHERE t.jobs IS NOT NULL`;

const NOTHING: PrintTotal = { key: '', jobs: 0, impressions: 0, sheets: 0, colorImpressions: 0, duplexSheets: 0, price: 0 };

/** What the prints add up to. */
export class PrintTotalsStore {
  constructor(private readonly pool: Pool) {}

  /** Those with most impressions first. */
  async by(dimension: Dimension, { from, to, serverId }: ReportScope, limit: number): Promise<LabelledTotal[]> {
    return query<Row>(this.pool, 'totals.by-key', BY_KEY, [from, to, serverId ?? null, dimension, limit]);
  }

  /** Labelled by the servers' names; those with most impressions first. */
  async byServer({ from, to, serverId }: ReportScope, limit: number): Promise<LabelledTotal[]> {
    return query<Row>(this.pool, 'totals.by-server', BY_SERVER, [from, to, serverId ?? null, limit]);
  }

  /** In the order of time. */
  async byTime(unit: keyof typeof BY_TIME, { from, to, serverId }: ReportScope, limit: number): Promise<LabelledTotal[]> {
    return query<Row>(this.pool, `totals.by-${unit}`, BY_TIME[unit], [from, to, serverId ?? null, limit]);
  }

  async overall({ from, to, serverId }: ReportScope): Promise<PrintTotal> {
    const [row] = await query<Row>(this.pool, 'totals.overall', OVERALL, [from, to, serverId ?? null]);
    return row ?? NOTHING;
  }
}
