import type { Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import { type ConnectionOptions, createConnection } from 'mysql2';
import type { Connection, RowDataPacket, SslOptions } from 'mysql2/promise';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import type { BoundQuery } from '../../directories/named-query.js';
import { SQL_ROWS_MAX } from '../../limits.js';
import { answeredWithin, connectPlace, type OpenSql, type SqlAnswer, type SqlConnection, type SqlPlace } from './sql-connection.js';

/** MySQL and MariaDB. */
export function openMysql(rules: AddressRules): OpenSql {
  let known: { readonly place: SqlPlace; readonly ssl: SslOptions } | undefined;
  return async (place, password) => {
    // One object for all connections of a place: what is made of it is kept by it.
    if (known?.place !== place) known = { place, ssl: tlsOf(place) };
    const { database, user, timeoutMs } = place;
    const socket = await connectPlace(place, rules);
    try {
      const connection = await answeredWithin(timeoutMs, socket, signIn({
        host: place.host, user, password, database, stream: socket, charset: 'utf8mb4', supportBigNumbers: true, bigNumberStrings: true, dateStrings: true,
        // Time is bounded here. Rows are read without code that is made at run time.
        connectTimeout: 0, disableEval: true, ...(place.tls === 'required' ? { ssl: known.ssl } : {}),
      }));
      return new MysqlConnection(connection, socket, timeoutMs, await answeredWithin(timeoutMs, socket, prepare(connection, timeoutMs)));
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
}

class MysqlConnection implements SqlConnection {
  constructor(
    private readonly connection: Connection,
    private readonly socket: Socket,
    private readonly timeoutMs: number,
    readonly server: string,
  ) {}

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.readable;
  }

  async ask({ text, values }: BoundQuery, value: string): Promise<SqlAnswer> {
    const [rows, fields] = await answeredWithin(this.timeoutMs, this.socket, this.connection.execute<RowDataPacket[]>(text, Array.from({ length: values }, () => value)));
    return { columns: fields.map(({ name }) => name), rows };
  }

  close(): void {
    this.connection.destroy();
    this.socket.destroy();
  }
}

/** The promise of mysql2's own is deaf to a second error, which would end the process: this one hears them all. */
async function signIn(options: ConnectionOptions): Promise<Connection> {
  const connection = createConnection(options);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  connection.on('error', reject);
  connection.once('connect', () => resolve());
  await promise;
  return connection.promise();
}

/** For all transactions of the session, each statement being one: nothing is written, and neither time nor rows are without end. Gives what the server calls itself. */
async function prepare(connection: Connection, timeoutMs: number): Promise<string> {
  await connection.query('SET SESSION TRANSACTION READ ONLY');
  const [[row]] = await connection.query<(RowDataPacket & { readonly version: string })[]>('SELECT VERSION() AS version');
  const version = row?.version ?? '';
  const isMariadb = /mariadb/i.test(version);
  const limit = isMariadb ? `max_statement_time = ${timeoutMs / 1_000}` : `max_execution_time = ${timeoutMs}`;
  await connection.query(`SET SESSION sql_select_limit = ${SQL_ROWS_MAX}, SESSION ${limit}`);
  return `${isMariadb ? 'MariaDB' : 'MySQL'} ${version.split('-')[0] ?? ''}`;
}

function tlsOf({ certificateAuthority }: SqlPlace): SslOptions {
  const checked = { rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' };
  return certificateAuthority === '' ? checked : { ...checked, ca: [...getCACertificates('default'), certificateAuthority] };
}
