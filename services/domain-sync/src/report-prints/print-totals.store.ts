import { type Pool, query } from '@inkpost/postgres/pool.js';
import { ROLL_UP_AT_ONCE } from '../limits.js';

/** What prints are added up by. Days and months are those of dimension `all`. */
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

/** Days (UTC), both included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

type Row = LabelledTotal & Record<string, unknown>;

// One place says what of a fact is counted under which key; `f` is the fact.
const COUNTED = `f.day, d.dimension, d.key, 1::bigint AS jobs, f.impressions, f.sheets,
  CASE WHEN f.color THEN f.impressions ELSE 0 END AS color_impressions, CASE WHEN f.duplex THEN f.sheets ELSE 0 END AS duplex_sheets, f.price`;
const KEYS = `LATERAL (VALUES ('all', ''), ('user', f.account_id), ('group', f.user_group), ('queue', f.queue_id), ('location', f.location_path), ('mailbox', f.mailbox_id), ('origin', f.origin)) AS d (dimension, key)`;
const SUMS = 'sum(jobs) AS jobs, sum(impressions) AS impressions, sum(sheets) AS sheets, sum(color_impressions) AS color_impressions, sum(duplex_sheets) AS duplex_sheets, sum(price) AS price';
/** Fact by fact: a planner whose statistics are old would read all facts for the few that are new. */
function factsOf(newFacts: string): string {
  return `(SELECT found.* FROM ${newFacts} AS n, LATERAL (SELECT p.*, (p.completed_at AT TIME ZONE 'UTC')::date AS day FROM print_fact p WHERE p.job_id = n.job_id LIMIT 1) AS found) AS f`;
}

// In the order of the key, so that two instances that roll up at the same time never wait for each other in a circle.
const ROLL_UP = `
  WITH taken AS (DELETE FROM print_fact_new WHERE job_id IN (SELECT job_id FROM print_fact_new LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING job_id),
  lines AS (SELECT ${COUNTED} FROM ${factsOf('taken')}, ${KEYS}),
  added AS (
    INSERT INTO print_total AS t (dimension, day, key, jobs, impressions, sheets, color_impressions, duplex_sheets, price)
    SELECT dimension, day, key, ${SUMS} FROM lines GROUP BY dimension, day, key ORDER BY dimension, day, key
    ON CONFLICT (dimension, day, key) DO UPDATE SET jobs = t.jobs + excluded.jobs, impressions = t.impressions + excluded.impressions, sheets = t.sheets + excluded.sheets,
      color_impressions = t.color_impressions + excluded.color_impressions, duplex_sheets = t.duplex_sheets + excluded.duplex_sheets, price = t.price + excluded.price)
  SELECT count(*)::int AS taken FROM taken`;

/** What is added up, and what is not yet, seen at one moment. */
function lines(dimension: string): string {
  return `lines AS (
    SELECT day, key, jobs, impressions, sheets, color_impressions, duplex_sheets, price FROM print_total WHERE dimension = ${dimension} AND day BETWEEN $1::date AND $2::date
    UNION ALL
    SELECT l.day, l.key, l.jobs, l.impressions, l.sheets, l.color_impressions, l.duplex_sheets, l.price FROM (
      SELECT ${COUNTED} FROM ${factsOf('print_fact_new')}, ${KEYS}) AS l
    WHERE l.dimension = ${dimension} AND l.day BETWEEN $1::date AND $2::date)`;
}

const NUMBERS = `t.jobs::float8 AS jobs, t.impressions::float8 AS impressions, t.sheets::float8 AS sheets,
  t.color_impressions::float8 AS "colorImpressions", t.duplex_sheets::float8 AS "duplexSheets", t.price::float8 AS price`;

const BY_KEY = `
  WITH ${lines('$3')}, totals AS (SELECT key, ${SUMS} FROM lines GROUP BY key ORDER BY sum(impressions) DESC, key LIMIT $4)
  SELECT t.key, coalesce(o.label, '') AS label, ${NUMBERS} FROM totals t LEFT JOIN print_owner o ON $3 = 'user' AND o.account_id = t.key ORDER BY t.impressions DESC, t.key`;

function byTime(pattern: string): string {
  return `WITH ${lines("'all'")}, totals AS (SELECT to_char(day, '${pattern}') AS key, ${SUMS} FROM lines GROUP BY 1 ORDER BY 1 LIMIT $3) SELECT t.key, '' AS label, ${NUMBERS} FROM totals t ORDER BY t.key`;
}

const BY_TIME = { day: byTime('YYYY-MM-DD'), month: byTime('YYYY-MM') } as const;

const OVERALL = `WITH ${lines("'all'")}, t AS (SELECT ${SUMS} FROM lines) SELECT '' AS key, '' AS label, ${NUMBERS} FROM t WHERE t.jobs IS NOT NULL`;

const NOTHING: PrintTotal = { key: '', jobs: 0, impressions: 0, sheets: 0, colorImpressions: 0, duplexSheets: 0, price: 0 };

/** What the prints add up to. */
export class PrintTotalsStore {
  constructor(private readonly pool: Pool) {}

  /** Adds up facts that are not yet. Gives how many there were; fewer than asked for: these were all. */
  async rollUp(): Promise<number> {
    const [row] = await query<{ taken: number }>(this.pool, 'totals.roll-up', ROLL_UP, [ROLL_UP_AT_ONCE]);
    return row?.taken ?? 0;
  }

  /** Those with most impressions first. */
  async by(dimension: Dimension, { from, to }: Period, limit: number): Promise<LabelledTotal[]> {
    return query<Row>(this.pool, 'totals.by-key', BY_KEY, [from, to, dimension, limit]);
  }

  /** In the order of time. */
  async byTime(unit: keyof typeof BY_TIME, { from, to }: Period, limit: number): Promise<LabelledTotal[]> {
    return query<Row>(this.pool, `totals.by-${unit}`, BY_TIME[unit], [from, to, limit]);
  }

  async overall({ from, to }: Period): Promise<PrintTotal> {
    const [row] = await query<Row>(this.pool, 'totals.overall', OVERALL, [from, to]);
    return row ?? NOTHING;
  }
}
