/** What a fact says, in the order of the columns; not who printed it, nor its number. */
export const FACT_COLUMNS = 'job_id, completed_at, account_id, user_group, queue_id, location_path, mailbox_id, origin, pages, copies, impressions, sheets, color, duplex, media, price';

/**
 * 64 bits of the SHA-256 of what the fact `f` says: their sum is the same on two servers that have the same facts, in whatever order they came. `convert_to` and numbers,
 * not texts of rows and times, so that it doesn't depend on settings or versions of PostgreSQL.
 */
const DIGEST = `('x' || encode(substr(sha256(convert_to(concat_ws(E'\\n', f.job_id, (extract(epoch FROM f.completed_at) * 1000)::bigint, f.account_id, f.user_group, f.queue_id, f.location_path,
  f.mailbox_id, f.origin, f.pages, f.copies, f.impressions, f.sheets, f.color::int, f.duplex::int, f.media, f.price), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint`;

const KEYS = `LATERAL (VALUES ('all', ''), ('user', f.account_id), ('group', f.user_group), ('queue', f.queue_id), ('location', f.location_path), ('mailbox', f.mailbox_id), ('origin', f.origin)) AS d (dimension, key)`;

/** One place says what of a fact is counted under which key. */
const COUNTED = `d.dimension, (f.completed_at AT TIME ZONE 'UTC')::date AS day, f.server_id, d.key, 1::bigint AS jobs, f.impressions, f.sheets,
  CASE WHEN f.color THEN f.impressions ELSE 0 END AS color_impressions, CASE WHEN f.duplex THEN f.sheets ELSE 0 END AS duplex_sheets, f.price`;

export const SUMS = 'sum(jobs) AS jobs, sum(impressions) AS impressions, sum(sheets) AS sheets, sum(color_impressions) AS color_impressions, sum(duplex_sheets) AS duplex_sheets, sum(price) AS price';

/** A query of what facts count, fact by fact and key by key. `facts` is a table, a CTE or a query in brackets with the columns of print_fact. */
export function linesOf(facts: string): string {
  return `SELECT ${COUNTED} FROM ${facts} AS f, ${KEYS}`;
}

/**
 * CTEs that add facts, which were counted nowhere yet, to the totals: in the order of the key, so that two that add up at the same time never wait for each other in a circle.
 */
export function addUp(facts: string): string {
  return `lines AS (SELECT ${COUNTED}, CASE WHEN d.dimension = 'all' THEN ${DIGEST} ELSE 0 END AS digest FROM ${facts} AS f, ${KEYS}),
  added AS (
    INSERT INTO print_total AS t (dimension, day, server_id, key, jobs, impressions, sheets, color_impressions, duplex_sheets, price, digest)
    SELECT dimension, day, server_id, key, ${SUMS}, sum(digest) FROM lines GROUP BY dimension, day, server_id, key ORDER BY dimension, day, server_id, key
    ON CONFLICT (dimension, day, server_id, key) DO UPDATE SET jobs = t.jobs + excluded.jobs, impressions = t.impressions + excluded.impressions, sheets = t.sheets + excluded.sheets,
      color_impressions = t.color_impressions + excluded.color_impressions, duplex_sheets = t.duplex_sheets + excluded.duplex_sheets, price = t.price + excluded.price, digest = t.digest + excluded.digest)`;
}
