import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands between the suite and Dovecot and notes when `* n EXISTS` passes by: from that moment on the suite can know of the mail.
 *
 * A second client in IDLE on the same mailbox would not do. Dovecot tells its sessions of a mail about 500 ms after it was
 * delivered, but only the first of two sessions whose turn comes at the same moment; the other one waits for the next turn,
 * another 500 ms. Tried: every other mail seemed to take half a second longer.
 */
export class ImapRelay {
  /** Date.now() of the announcement of the first, second, … mail. */
  readonly announcedAt: number[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    imapPort: number,
  ) {
    server.on('connection', (client) => this.relay(client, connect(imapPort, '127.0.0.1')));
  }

  static async start(imapPort: number): Promise<ImapRelay> {
    const server = createServer({ noDelay: true });
    const relay = new ImapRelay(server, imapPort);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return relay;
  }

  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private relay(client: Socket, dovecot: Socket): void {
    for (const [from, to] of [[client, dovecot], [dovecot, client]] as const) {
      this.sockets.add(from);
      from.setNoDelay(true).on('error', () => to.destroy()).on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    dovecot.on('data', (bytes: Buffer) => this.note(bytes));
  }

  /** An announcement comes by itself and in one piece. No line of the benchmark's mails begins with an asterisk. */
  private note(bytes: Buffer): void {
    const count = Number(/^\* (\d+) EXISTS\r\n/m.exec(bytes.subarray(0, ANNOUNCEMENT_BYTES_MAX).toString('latin1'))?.[1] ?? 0);
    while (this.announcedAt.length < count) this.announcedAt.push(Date.now());
  }
}

/** `+ idling`, `* 1 EXISTS`, `* 1 RECENT`, or what a SELECT answers. */
const ANNOUNCEMENT_BYTES_MAX = 2_000;
