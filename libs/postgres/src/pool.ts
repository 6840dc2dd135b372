import { Pool as PgPool, type PoolClient, type PoolConfig, type QueryResultRow, TypeOverrides, types } from 'pg';
import { CauseDown, type Failure, asFailure, TransientFailure } from '@inkpost/failure/failure.js';

export type Pool = PgPool;

export interface PoolOptions {
  /** Server and database, `postgres://host:port/database`; user and password in it are ignored. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Connections at most; each service needs few, since a step is one round trip. */
  readonly connectionsMax?: number;
  /** Hears of connections that died while idle; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
}

/** The name of a service's login role and schema: SQL names use `_`. */
export function sqlName(service: string): string {
  return service.replaceAll('-', '_');
}

// int8 as number: sizes, counts and versions here stay below 2^53. For our pools only: Prisma reads int8 in its own way.
const int8AsNumber = new TypeOverrides();
int8AsNumber.setTypeParser(types.builtins.INT8, Number);

/** What `pg` is told of a connection: the server's part of the URL, and the account of its own. */
export function connectionOf({ url: text, user, password }: Pick<PoolOptions, 'url' | 'user' | 'password'>) {
  const url = new URL(text);
  return {
    host: decodeURIComponent(url.hostname),
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)),
    user,
    password,
    connectionTimeoutMillis: 5_000,
    application_name: `inkpost-${user}`,
    ...(url.searchParams.get('sslmode') === 'require' ? { ssl: true } : {}),
  };
}

/** A pool of connections for one role. Queries that find the server down fail with `CauseDown` through `postgresFailure`. */
export function createPool(options: PoolOptions): Pool {
  return opened({ ...connectionOf(options), max: options.connectionsMax ?? 5, idleTimeoutMillis: 60_000, types: int8AsNumber }, options.onIdleError);
}

/** Another pool for the same role, whose sessions begin with this setting of the server; an unused connection is soon given up. */
export function poolWithSetting(pool: Pool, setting: `${string}=${string}`, options: Pick<PoolOptions, 'connectionsMax' | 'onIdleError'>): Pool {
  // `pg` hides the password from whoever lists the options.
  const { password } = pool.options;
  return opened({ ...pool.options, ...(password === undefined ? {} : { password }), max: options.connectionsMax ?? 2, idleTimeoutMillis: 10_000, options: `-c ${setting}` }, options.onIdleError);
}

function opened(config: PoolConfig, onIdleError: PoolOptions['onIdleError']): Pool {
  const pool = new PgPool(config);
  pool.on('error', (error) => onIdleError?.(error));
  // The pool listens to idle connections alone. One that dies in somebody's hands between two queries would end the process; the next query fails.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Class 08 connection exceptions but protocol violations, which are ours; 57P0x shutdown and crash, 53300 too many connections (PostgreSQL, Appendix A). */
const SERVER_DOWN = /^(08(?!P01)...|57P0[1-3]|53300)$/;
/** What Prisma makes of the same: unreachable, timed out, closed, no connection free (Prisma's error reference). */
const PRISMA_DOWN = /^(P1001|P1002|P1008|P1017|P2024|P2037)$/;
const NETWORK_DOWN = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT']);

/** Prisma has codes of its own for what the server said; the server's stands behind them. */
interface PrismaMeta {
  readonly driverAdapterError?: { readonly cause?: { readonly originalCode?: string } };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code, meta } = error as { readonly code?: string; readonly meta?: PrismaMeta };
  return meta?.driverAdapterError?.cause?.originalCode ?? code ?? '';
}

/** An error that Postgres, its driver or Prisma gives when the server is down, whoever it comes from. */
export function isDatabaseDown(error: unknown): boolean {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return SERVER_DOWN.test(code) || PRISMA_DOWN.test(code) || /^Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/.test(message);
}

/** Classifies an error of a query: a server that is down is waited for; everything else counts as an attempt. */
export function postgresFailure(error: unknown): Failure {
  const code = codeOf(error);
  if (isDatabaseDown(error) || NETWORK_DOWN.has(code)) {
    return new CauseDown('postgres.unreachable', 'The database does not answer.', { cause: error });
  }
  if (code === '40001' || code === '40P01') return new TransientFailure('postgres.conflict', 'The database asked to try again.', { cause: error });
  return asFailure(error);
}

type Row = QueryResultRow;

/**
 * One prepared statement, one round trip. `name` is the statement's name on the server, unique per text in a service.
 * Throws a `Failure`.
 */
export async function query<T extends Row>(on: Pool | PoolClient, name: string, text: string, values: readonly unknown[]): Promise<T[]> {
  try {
    const result = await on.query<T>({ name, text, values: [...values] });
    return result.rows;
  } catch (error) {
    throw postgresFailure(error);
  }
}

/**
 * One statement that is planned for these very values, in one round trip: for searches, whose pattern may be in one row or in all of them.
 * Throws a `Failure`.
 */
export async function queryOnce<T extends Row>(on: Pool | PoolClient, text: string, values: readonly unknown[]): Promise<T[]> {
  try {
    const result = await on.query<T>(text, [...values]);
    return result.rows;
  } catch (error) {
    throw postgresFailure(error);
  }
}
