import type { Socket } from 'node:net';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { connectServer } from '@inkpost/server-connection/connect-server.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import type { BoundQuery } from '../../directories/named-query.js';
import type { SqlSettings } from '../../directories/sql-settings.js';

export type SqlPlace = Pick<SqlSettings, 'host' | 'port' | 'tls' | 'certificateAuthority' | 'database' | 'user' | 'timeoutMs'>;

export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlAnswer {
  /** Also where there are no rows. */
  readonly columns: readonly string[];
  /** Not more than SQL_ROWS_MAX. */
  readonly rows: readonly SqlRow[];
}

/** A connection to a database on which an account is signed in that only reads. */
export interface SqlConnection {
  /** `PostgreSQL 17.2` */
  readonly server: string;
  readonly isOpen: boolean;
  /** Each parameter of the query is `value`. Throws the driver's errors, or a `Failure` where no answer comes in time. */
  ask(query: BoundQuery, value: string): Promise<SqlAnswer>;
  close(): void;
}

/** Opens a connection for one question after the other. Throws a `Failure`, or the driver's errors. */
export type OpenSql = (place: SqlPlace, password: string) => Promise<SqlConnection>;

/** A server cancels what takes too long by itself, and says so; who says nothing for a moment longer is silent. */
const GRACE_MS = 250;

/** Connects where a server may be, secured as wished for. Throws a `Failure`. */
export async function connectPlace(place: SqlPlace, rules: AddressRules, secure: (socket: Socket, signal: AbortSignal) => Promise<Socket> = async (socket) => socket): Promise<Socket> {
  const signal = AbortSignal.timeout(place.timeoutMs);
  let socket: Socket | undefined;
  try {
    socket = await connectServer(place, rules, place.timeoutMs, signal);
    socket.setNoDelay(true);
    return await secure(socket, signal);
  } catch (error) {
    socket?.destroy();
    if (signal.aborted) throw fault('The server does not answer in time.', error);
    throw error;
  }
}

/** The work, or a `Failure` once the server was silent for too long; then the connection is of no use any more. */
export async function answeredWithin<T>(timeoutMs: number, socket: Socket, work: Promise<T>): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    silence.reject(fault('The server takes connections and does not answer in time.'));
    socket.destroy();
  }, timeoutMs + GRACE_MS);
  try {
    return await Promise.race([work, silence.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
