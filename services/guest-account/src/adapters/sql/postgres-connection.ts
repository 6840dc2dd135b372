import type { Socket } from 'node:net';
import { Client, type QueryResult } from 'pg';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { secureConnection } from '@inkpost/server-connection/secure-connection.js';
import type { BoundQuery } from '../../directories/named-query.js';
import { SQL_ROWS_MAX } from '../../limits.js';
import { askForTls } from './ask-for-tls.js';
import { answeredWithin, connectPlace, type OpenSql, type SqlAnswer, type SqlConnection, type SqlRow } from './sql-connection.js';

export function openPostgres(rules: AddressRules): OpenSql {
  return async (place, password) => {
    const socket = await connectPlace(place, rules, async (bare, signal) => {
      if (place.tls === 'none') return bare;
      await askForTls('postgres', bare, signal);
      return secureConnection(bare, place, signal);
    });
    const { database, user, timeoutMs } = place;
    const client = new Client({ user, password, database, application_name: 'inkpost', ssl: false, stream: () => asConnected(socket) });
    // Whatever happens to it later is told by what is asked then.
    client.on('error', () => undefined);
    try {
      await answeredWithin(timeoutMs, socket, client.connect());
      const { rows: [row] } = await answeredWithin(timeoutMs, socket, client.query<{ server_version: string }>('SHOW server_version'));
      return new PostgresConnection(client, socket, timeoutMs, `PostgreSQL ${row?.server_version.split(' ')[0] ?? ''}`);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
}

class PostgresConnection implements SqlConnection {
  constructor(
    private readonly client: Client,
    private readonly socket: Socket,
    private readonly timeoutMs: number,
    readonly server: string,
  ) {}

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.readable;
  }

  async ask({ text }: BoundQuery, value: string): Promise<SqlAnswer> {
    const { fields, rows } = await answeredWithin(this.timeoutMs, this.socket, this.readOnly({ text: `SELECT * FROM (${text}) AS found LIMIT ${SQL_ROWS_MAX}`, values: [value] }));
    return { columns: fields.map(({ name }) => name), rows };
  }

  close(): void {
    this.client.end().catch(() => undefined);
    this.socket.destroySoon();
  }

  /** Each question by itself, since a pooler may give each transaction to another session. */
  private async readOnly(query: { readonly text: string; readonly values: string[] }): Promise<QueryResult<SqlRow>> {
    await this.client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${this.timeoutMs}`);
    try {
      return await this.client.query<SqlRow>(query);
    } finally {
      if (this.isOpen) await this.client.query('ROLLBACK');
    }
  }
}

/** The socket stands already, and in TLS where that was wished for: the client only speaks on it. */
function asConnected(socket: Socket): Socket {
  return Object.assign(socket, {
    connect: () => {
      setImmediate(() => socket.emit('connect'));
      return socket;
    },
  });
}
