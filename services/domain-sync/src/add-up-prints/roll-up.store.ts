import { type Pool, query } from '@inkpost/postgres/pool.js';
import { transaction } from '@inkpost/postgres/transaction.js';
import { ROLL_UP_AT_ONCE } from '../limits.js';
import { addUp, FACT_COLUMNS } from './added-up.js';

// Who comes second waits here, and numbers on from what the first one committed: so there are no gaps.
const WAIT_FOR_TURN = 'SELECT server_id AS "serverId", facts_numbered AS numbered, fact_series AS series FROM server FOR UPDATE';

/**
 * $1: how many; $2: this server; $3: the last number given; $4: its series. What is a fact already was told twice, and goes. That is looked up fact by fact: a planner whose
 * statistics are old would read all facts for the few that are new.
 */
const ROLL_UP = `
  WITH taken AS (DELETE FROM print_fact_new WHERE job_id IN (SELECT job_id FROM print_fact_new LIMIT $1) RETURNING *),
  facts AS (
    INSERT INTO print_fact (server_id, number, series, recorded_at, ${FACT_COLUMNS})
    SELECT $2::uuid, $3::bigint + row_number() OVER (ORDER BY recorded_at, job_id), $4::int, recorded_at, ${FACT_COLUMNS} FROM taken n
    WHERE (SELECT p.job_id FROM print_fact p WHERE p.server_id = $2::uuid AND p.job_id = n.job_id LIMIT 1) IS NULL
    RETURNING *),
  ${addUp('facts')},
  numbered AS (UPDATE server SET facts_numbered = facts_numbered + (SELECT count(*) FROM facts))
  SELECT count(*)::int AS taken FROM taken`;

/** Moves new facts to those that are numbered and added up. */
export class RollUpStore {
  constructor(private readonly pool: Pool) {}

  /** Gives how many facts there were; fewer than are taken at once: these were all. */
  async rollUp(): Promise<number> {
    const [some] = await query(this.pool, 'facts.any-new', 'SELECT 1 FROM print_fact_new LIMIT 1', []);
    if (!some) return 0;
    return transaction(this.pool, async (client) => {
      const [server] = await query<{ serverId: string; numbered: number; series: number }>(client, 'facts.wait-for-turn', WAIT_FOR_TURN, []);
      if (!server) return 0;
      const [row] = await query<{ taken: number }>(client, 'facts.roll-up', ROLL_UP, [ROLL_UP_AT_ONCE, server.serverId, server.numbered, server.series]);
      return row?.taken ?? 0;
    });
  }
}
