import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import type { SqlEngine } from '../../directories/sql-settings.js';
import { SAID_CHARACTERS_MAX } from '../../limits.js';

/** SSLRequest (PostgreSQL, "Message Formats"). */
const POSTGRES_REQUEST = Buffer.from('0000000804d2162f', 'hex');

/** Flags of MySQL's protocol ("Capabilities Flags"): 4.1, TLS, secure connection, plugins. */
const MYSQL_TLS = 0x0800;
const MYSQL_CAPABILITIES = 0x0200 | MYSQL_TLS | 0x8000 | 0x8_0000;
const MYSQL_UTF8 = 45;
const MYSQL_ERROR = 0xff;
const GREETING_BYTES_MAX = 1_024;

/** Says the words after which the connection goes on in TLS. Throws a `Failure`. */
export async function askForTls(engine: SqlEngine, socket: Socket, signal: AbortSignal): Promise<void> {
  await (engine === 'postgres' ? askPostgres(socket, signal) : askMysql(socket, signal));
}

async function askPostgres(socket: Socket, signal: AbortSignal): Promise<void> {
  socket.write(POSTGRES_REQUEST);
  // One byte and not one more: what came with it in clear text could be anybody's.
  const answer = (await read(socket, 1, signal)).toString('latin1');
  if (answer === 'N') throw fault('The server grants no TLS: switch it on there (ssl = on), or choose tls none.');
  if (answer !== 'S') throw fault('What answers there is not PostgreSQL: are engine, server and port right?');
}

async function askMysql(socket: Socket, signal: AbortSignal): Promise<void> {
  const header = await read(socket, 4, signal, 'more may follow');
  const length = header.readUIntLE(0, 3);
  if (length === 0 || length > GREETING_BYTES_MAX) throw notMysql();
  const greeting = await read(socket, length, signal);
  if (greeting[0] === MYSQL_ERROR) throw fault(`The server lets nobody in from this machine: ${shownText(greeting.subarray(3).toString('utf8'), SAID_CHARACTERS_MAX).replace(/\.$/, '')}.`);
  const versionEnd = greeting.indexOf(0, 1);
  const flagsAt = versionEnd + 1 + 4 + 8 + 1;
  if (greeting[0] !== 10 || versionEnd < 0 || greeting.length < flagsAt + 2) throw notMysql();
  if ((greeting.readUInt16LE(flagsAt) & MYSQL_TLS) === 0) throw fault('The server grants no TLS: give it a certificate there (ssl_cert, ssl_key), or choose tls none.');
  const request = Buffer.alloc(36);
  request.writeUIntLE(32, 0, 3);
  request[3] = 1;
  request.writeUInt32LE(MYSQL_CAPABILITIES, 4);
  request.writeUInt32LE(0x100_0000, 8);
  request[12] = MYSQL_UTF8;
  socket.write(request);
}

function notMysql(): Error {
  return fault('What answers there is neither MySQL nor MariaDB: are engine, server and port right?');
}

/** Exactly so many bytes. */
async function read(socket: Socket, length: number, signal: AbortSignal, then: 'nothing follows' | 'more may follow' = 'nothing follows'): Promise<Buffer> {
  for (;;) {
    const bytes: unknown = socket.read(length);
    if (Buffer.isBuffer(bytes) && bytes.length === length && (then === 'more may follow' || socket.readableLength === 0)) return bytes;
    if (Buffer.isBuffer(bytes) || socket.readableEnded || socket.destroyed) throw fault('What answers there ends the connection, or is no database: are engine, server and port right?');
    await Promise.race([once(socket, 'readable', { signal }), once(socket, 'end', { signal }), once(socket, 'close', { signal })]);
  }
}
