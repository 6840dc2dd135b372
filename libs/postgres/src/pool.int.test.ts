import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createTestDatabase, type TestDatabase } from '@inkpost/testkit/test-database.js';
import { lookAtPostgres } from './look-at-postgres.js';
import { createPool, isDatabaseDown, type Pool, query } from './pool.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(account());
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

function account(changed: Partial<TestDatabase> = {}) {
  const { host, port, database: name, user, password } = { ...database, ...changed };
  return { url: `postgres://${host}:${port}/${name}`, user, password };
}

async function terminate(pid: number): Promise<void> {
  await pool.query('SELECT pg_terminate_backend($1)', [pid]);
}

describe('a pool', () => {
  it('outlives a connection that is cut in somebody\'s hands, between two queries', async () => {
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const gone = new Promise((resolve) => void client.once('end', resolve));
    await terminate(rows[0]?.pid ?? 0);
    await gone;
    const failure: unknown = await query(client, 'after-the-cut', 'SELECT 1', []).catch((error: unknown) => error);
    client.release(true);
    expect(failure).toBeInstanceOf(CauseDown);
    expect(await query(pool, 'one', 'SELECT 1 AS one', [])).toEqual([{ one: 1 }]);
  });
});

describe('a look at PostgreSQL', () => {
  const look = (changed: Partial<TestDatabase>, schema = 'public') => lookAtPostgres({ ...account(changed), schema }).catch((error: unknown) => error);

  it('finds nothing wrong with a database that is ready', async () => {
    expect(await look({})).toBeUndefined();
  });

  it('tells what comes back by itself from what a person has to correct', async () => {
    const nowhere = await look({ port: await freePort() });
    expect(nowhere).toBeInstanceOf(CauseDown);
    expect(nowhere).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
    for (const [changed, schema, reason] of [
      [{ password: 'wrong' }, 'public', /password authentication failed for user.*secret "database-password"/],
      [{ user: 'nobody' }, 'public', /password authentication failed for user "nobody"/],
      [{ database: 'elsewhere' }, 'public', /database "elsewhere" does not exist: has the migration run\?/],
      [{}, 'spool', /schema "spool" does not exist: has the migration run\?/],
    ] as const) {
      const failure = await look(changed, schema);
      expect(failure).toBeInstanceOf(PermanentFailure);
      expect((failure as PermanentFailure).message).toMatch(reason);
    }
  });
});

describe('the server that is down', () => {
  it('is seen through Prisma too, which has codes of its own', () => {
    const error = Object.assign(new Error('Raw query failed.'), { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '57P03', kind: 'postgres' } } } });
    expect(isDatabaseDown(error)).toBe(true);
    expect(isDatabaseDown(Object.assign(new Error('Unique constraint failed'), { code: 'P2002', meta: { driverAdapterError: { cause: { originalCode: '23505' } } } }))).toBe(false);
  });
});
