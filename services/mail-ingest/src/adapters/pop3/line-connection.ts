import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { guardedLookup } from '@inkpost/server-connection/guarded-lookup.js';
import { POP3_LINE_BYTES_MAX, type ServerTimes } from '../../limits.js';
import type { MailServer } from '../../mailboxes/mailbox.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { trusting } from '@inkpost/server-connection/trusted-authority.js';

const LF = 10;

/** How long to wait for the server, and the code of the error when that was in vain. */
export interface Patience {
  readonly maxMs: number;
  readonly code: 'GREETING_TIMEOUT' | 'SILENCE';
}

/** A server, and where it may be. */
type PlacedServer = MailServer & Pick<SourceAccess, 'addressRules'>;

/** A connection to a server that speaks in lines. Throws the errors of node's sockets; what waits ends with `destroy`. */
export class LineConnection {
  private pending: Buffer = Buffer.alloc(0);
  private failure: Error | undefined;

  private constructor(
    private socket: Socket,
    private readonly server: MailServer,
    private readonly times: ServerTimes,
  ) {
    this.follow(socket);
  }

  /** With TLS from the first byte where the server is set so. */
  static async open(server: PlacedServer, times: ServerTimes, signal: AbortSignal): Promise<LineConnection> {
    const { host, port, tls, addressRules } = server;
    const socket = connectTcp({ host, port, signal, ...guardedLookup(host, addressRules) });
    await within(times.connectMaxMs, 'CONNECT_TIMEOUT', socket, once(socket, 'connect'));
    socket.setNoDelay(true);
    const connection = new LineConnection(socket, server, times);
    if (tls === 'implicit') await connection.secure();
    return connection;
  }

  get isOpen(): boolean {
    return this.failure === undefined;
  }

  /** Everything from here on is in TLS. What came before must have been read: it could be anybody's (RFC 2595, 4). */
  async secure(): Promise<void> {
    if (this.pending.length > 0 || this.socket.readableLength > 0) throw coded('ERR_TLS_INJECTION', 'something came in clear text that belongs to nothing');
    const { host, certificateAuthority } = this.server;
    const clear = this.socket;
    clear.removeAllListeners('readable');
    const secured: TLSSocket = connectTls({ socket: clear, host, ...(isIP(host) === 0 ? { servername: host } : {}), ...trusting(certificateAuthority) });
    this.socket = secured;
    this.follow(secured);
    await within(this.times.connectMaxMs, 'CONNECT_TIMEOUT', secured, once(secured, 'secureConnect'));
  }

  write(line: string): void {
    if (this.failure) throw this.failure;
    this.socket.write(`${line}\r\n`);
  }

  /** The next bytes, whatever they are. */
  async read({ maxMs, code }: Patience = { maxMs: this.times.silenceMaxMs, code: 'SILENCE' }): Promise<Buffer> {
    if (this.pending.length > 0) {
      const bytes = this.pending;
      this.pending = Buffer.alloc(0);
      return bytes;
    }
    for (;;) {
      const bytes = this.socket.read() as Buffer | null;
      if (bytes) return bytes;
      if (this.failure) throw this.failure;
      // Listening for what can be read is what lets the server send: nothing is taken in that nobody waits for.
      await within(maxMs, code, this.socket, once(this.socket, 'readable'));
    }
  }

  /** Gives back what was read too far. */
  unread(bytes: Buffer): void {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([bytes, this.pending]);
  }

  /** The next line, without its end, as bytes in latin1. Throws when it is too long. */
  async readLine(patience?: Patience): Promise<string> {
    let line: Buffer = Buffer.alloc(0);
    for (;;) {
      const bytes = await this.read(patience);
      const end = bytes.indexOf(LF);
      line = Buffer.concat([line, end === -1 ? bytes : bytes.subarray(0, end)]);
      if (line.length > POP3_LINE_BYTES_MAX) {
        this.destroy();
        throw coded('LINE_TOO_LONG', 'it sent a line that is too long: is it a mail server?');
      }
      if (end === -1) continue;
      if (end + 1 < bytes.length) this.unread(bytes.subarray(end + 1));
      return line.toString('latin1').replace(/\r$/, '');
    }
  }

  destroy(): void {
    this.failure ??= coded('CLOSED', 'it was closed');
    this.socket.destroy();
  }

  private follow(socket: Socket): void {
    const fail = (error: Error): void => {
      this.failure ??= error;
    };
    socket.on('error', fail);
    socket.on('end', () => fail(coded('ENDED', 'the server ended it')));
    socket.on('close', () => fail(coded('ENDED', 'it was ended')));
  }
}

/** Ends the socket when `event` doesn't come in time, or when it is closed first. */
async function within(waitMaxMs: number, code: string, socket: Socket, event: Promise<unknown>): Promise<void> {
  const ended = Promise.withResolvers<never>();
  const close = (): void => ended.reject(coded('ENDED', 'the server ended it'));
  const timer = setTimeout(() => {
    ended.reject(coded(code, 'it does not answer'));
    socket.destroy();
  }, waitMaxMs);
  socket.on('end', close).on('close', close);
  try {
    await Promise.race([event, ended.promise]);
  } finally {
    clearTimeout(timer);
    socket.off('end', close).off('close', close);
    event.catch(() => undefined);
    ended.promise.catch(() => undefined);
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
