import type { PoolClient } from 'pg';
import { type Pool, postgresFailure } from './pool.js';

/** A connection in the hands of one transaction. */
export type Connection = PoolClient;

/** Several statements, all or nothing, on one connection. Throws a `Failure`. */
export async function transaction<T>(pool: Pool, work: (client: Connection) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw postgresFailure(error);
  });
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    await client.query('ROLLBACK').then(
      () => client.release(),
      (cause: unknown) => client.release(cause instanceof Error ? cause : true),
    );
    throw postgresFailure(error);
  }
}
