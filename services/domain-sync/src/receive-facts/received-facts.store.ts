import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { PrintFact, PrintOwner } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { transaction } from '@inkpost/postgres/transaction.js';
import { addUp, FACT_COLUMNS } from '../add-up-prints/added-up.js';
import { rebuildDay } from '../compare-days/rebuild-day.js';

export interface DeliveryPlace {
  readonly series: number;
  readonly receivedNumber: number;
  readonly receivedJobId: string;
}

/** Facts that follow each other, judged. */
export interface FactBatch {
  readonly series: number;
  readonly facts: readonly PrintFact[];
  readonly refused: readonly RefusedFact[];
  /** The number and the job of the last one, counted or refused. */
  readonly last: { readonly number: number; readonly jobId: string };
  /** The number before the first one. */
  readonly after: number;
  readonly toldNumber: number;
}

export interface RefusedFact {
  readonly number: number;
  readonly jobId: string;
  /** UTC, 2026-11-01. */
  readonly day: string;
  readonly reason: string;
}

const NEVER: DeliveryPlace = { series: 0, receivedNumber: 0, receivedJobId: '' };

const PLACE = `SELECT series, received_number AS "receivedNumber", received_job_id AS "receivedJobId" FROM fact_delivery WHERE server_id = $1`;

/** Facts as columns: $from to $from + 16, the numbers first. */
function batchOf(from: number): string {
  const types = ['bigint', 'uuid', 'timestamptz', 'text', 'text', 'text', 'text', 'text', 'text', 'int', 'int', 'bigint', 'bigint', 'bool', 'bool', 'text', 'bigint'];
  return `unnest(${types.map((type, index) => `$${from + index}::${type}[]`).join(', ')}) AS u (number, ${FACT_COLUMNS})`;
}

function columnsOf(facts: readonly PrintFact[]): unknown[] {
  const column = <T>(of: (fact: PrintFact) => T): T[] => facts.map(of);
  return [
    column((fact) => String(fact.number)), column((fact) => fact.jobId), column((fact) => fact.completedAt && timestampDate(fact.completedAt).toISOString()), column((fact) => fact.accountId),
    column((fact) => fact.userGroup), column((fact) => fact.queueId), column((fact) => fact.locationPath), column((fact) => fact.mailboxId), column((fact) => fact.origin),
    column((fact) => fact.pages), column((fact) => fact.copies), column((fact) => String(fact.impressions)), column((fact) => String(fact.sheets)), column((fact) => fact.color), column((fact) => fact.duplex),
    column((fact) => fact.media), column((fact) => String(fact.price)),
  ];
}

// A print is known by its job as well: a server that delivers anew counts nothing twice.
const INSERT = `INSERT INTO print_fact (server_id, series, number, ${FACT_COLUMNS}) SELECT $1::uuid, $2::int, number, ${FACT_COLUMNS} FROM batch ON CONFLICT DO NOTHING RETURNING *`;

/**
 * $1: the server; $2: its series; $3: where it must stand; $4, $5: where it stands then; $6: what it has; $7 to $10: what is refused; then the facts. The place is moved in the
 * statement that counts: whoever comes second, or again, finds that it is not at $3 and does nothing. A first delivery makes the place.
 */
const TAKE = `
  WITH moved AS (
    UPDATE fact_delivery SET series = $2::int, received_number = $4::bigint, received_job_id = $5::uuid, told_number = $6::bigint, received_at = CURRENT_TIMESTAMP
    WHERE server_id = $1::uuid AND (series = $2::int AND received_number = $3::bigint OR series < $2::int AND $3::bigint = 0) RETURNING 1),
  made AS (
    INSERT INTO fact_delivery (server_id, series, received_number, received_job_id, told_number, received_at)
    SELECT $1::uuid, $2::int, $4::bigint, $5::uuid, $6::bigint, CURRENT_TIMESTAMP WHERE $3::bigint = 0 AND NOT EXISTS (SELECT FROM fact_delivery WHERE server_id = $1::uuid)
    ON CONFLICT (server_id) DO NOTHING RETURNING 1),
  place AS (SELECT 1 FROM moved UNION ALL SELECT 1 FROM made),
  batch AS MATERIALIZED (SELECT u.* FROM place, ${batchOf(11)}),
  facts AS (${INSERT}),
  ${addUp('facts')},
  twice AS (
    SELECT b.number, b.job_id, (b.completed_at AT TIME ZONE 'UTC')::date AS day FROM batch b, LATERAL (SELECT p.number FROM print_fact p WHERE p.server_id = $1::uuid AND p.job_id = b.job_id AND p.series = $2::int LIMIT 1) AS p
    WHERE p.number <> b.number),
  refused AS (
    INSERT INTO fact_refused (server_id, series, number, job_id, day, reason)
    SELECT $1::uuid, $2::int, r.number, r.job_id, r.day, r.reason FROM place, unnest($7::bigint[], $8::uuid[], $9::date[], $10::text[]) AS r (number, job_id, day, reason)
    UNION ALL SELECT $1::uuid, $2::int, number, job_id, day, 'was counted under another number' FROM twice
    ON CONFLICT DO NOTHING)
  SELECT count(*)::int AS taken FROM place`;

const REPEAT = `WITH batch AS MATERIALIZED (
    SELECT u.* FROM ${batchOf(3)} WHERE u.number <= (SELECT received_number FROM fact_delivery WHERE server_id = $1::uuid AND series = $2::int)
      AND NOT EXISTS (SELECT FROM fact_refused r WHERE r.server_id = $1::uuid AND r.job_id = u.job_id)),
  facts AS (${INSERT}), ${addUp('facts')} SELECT count(*)::int AS added FROM facts`;

/** Whom this server erased stays erased, whatever is told. */
const OWNERS = `
  INSERT INTO member_owner AS m (server_id, account_id, directory, label)
  SELECT $1::uuid, t.account_id, CASE WHEN e.account_id IS NULL THEN t.directory ELSE '' END, CASE WHEN e.account_id IS NULL THEN t.label ELSE '' END
  FROM unnest($2::text[], $3::text[], $4::text[]) AS t (account_id, directory, label) LEFT JOIN print_owner e ON e.account_id = t.account_id AND e.label = '' AND NOT e.may_return
  ON CONFLICT (server_id, account_id) DO UPDATE SET directory = excluded.directory, label = excluded.label WHERE NOT m.erased_here`;

/** On a master: what other servers printed. */
export class ReceivedFactsStore {
  constructor(private readonly pool: Pool) {}

  async place(serverId: string): Promise<DeliveryPlace> {
    const [row] = await query<DeliveryPlace & object>(this.pool, 'received.place', PLACE, [serverId]);
    return row ?? NEVER;
  }

  /** False: the server's facts go on at another place, and nothing was taken. */
  async take(serverId: string, { series, facts, refused, last, after, toldNumber }: FactBatch): Promise<boolean> {
    const refusals = [refused.map(({ number }) => number), refused.map(({ jobId }) => jobId), refused.map(({ day }) => day), refused.map(({ reason }) => reason)];
    const [row] = await query<{ taken: number }>(this.pool, 'received.take', TAKE, [serverId, series, after, last.number, last.jobId, toldNumber, ...refusals, ...columnsOf(facts)]);
    return row?.taken === 1;
  }

  /** What was refused for this reason, of days up to this one (UTC), is as if it had not come yet. */
  async forgive(serverId: string, reason: string, until: string): Promise<void> {
    await query(this.pool, 'received.forgive', 'DELETE FROM fact_refused WHERE server_id = $1 AND reason = $2 AND day <= $3::date', [serverId, reason, until]);
  }

  /** Counts what is missing of facts that were delivered before; gives how many were. */
  async repeat(serverId: string, series: number, facts: readonly PrintFact[]): Promise<number> {
    const [row] = await query<{ added: number }>(this.pool, 'received.repeat', REPEAT, [serverId, series, ...columnsOf(facts)]);
    return row?.added ?? 0;
  }

  /** Makes the totals of a server's day from its facts; its deliveries wait meanwhile. */
  async rebuild(serverId: string, day: string): Promise<void> {
    await transaction(this.pool, async (client) => {
      await query(client, 'received.hold', 'SELECT FROM fact_delivery WHERE server_id = $1 FOR UPDATE', [serverId]);
      await rebuildDay(client, serverId, day);
    });
  }

  async name(serverId: string, owners: readonly PrintOwner[]): Promise<void> {
    const each = [...new Map(owners.map((owner) => [owner.accountId, owner])).values()];
    await query(this.pool, 'received.owners', OWNERS, [serverId, each.map(({ accountId }) => accountId), each.map(({ directory }) => directory), each.map(({ label }) => label)]);
  }
}
