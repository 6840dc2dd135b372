import { query } from '@inkpost/postgres/pool.js';
import type { Connection } from '@inkpost/postgres/transaction.js';
import { addUp } from '../add-up-prints/added-up.js';

const FORGET = `DELETE FROM print_total WHERE dimension IN ('all', 'user', 'group', 'queue', 'location', 'mailbox', 'origin') AND server_id = $1::uuid AND day = $2::date`;

const ADD_UP = `WITH facts AS MATERIALIZED (
    SELECT * FROM print_fact WHERE server_id = $1::uuid AND completed_at >= ($2::date)::timestamp AT TIME ZONE 'UTC' AND completed_at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC'),
  ${addUp('facts')} SELECT count(*) FROM facts`;

/** Makes the totals of a server's day (UTC) from its facts. The caller's transaction keeps others from adding to them meanwhile. */
export async function rebuildDay(client: Connection, serverId: string, day: string): Promise<void> {
  await query(client, 'day.forget', FORGET, [serverId, day]);
  await query(client, 'day.add-up', ADD_UP, [serverId, day]);
}
