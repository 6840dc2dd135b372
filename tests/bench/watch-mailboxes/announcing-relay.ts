import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { KeyedCertificate } from '@inkpost/testkit/make-certificate.js';

/** Of one connection, by the mail's number: `performance.now()`. Mails are neither there before nor removed, so that a mail's number is its UID. */
interface Conversation {
  readonly announcedAt: number[];
  readonly settledAt: number[];
}

/**
 * Stands between the suite and Dovecot in the place of its TLS, and notes on the same clock when a mail is announced
 * (`* n EXISTS`) and when the suite marks it as processed, which it may do only after the mail is durable.
 */
export class AnnouncingRelay {
  private readonly conversations: Conversation[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    imapPort: number,
  ) {
    server.on('secureConnection', (suite) => this.relay(suite, connect({ port: imapPort, host: '127.0.0.1', noDelay: true })));
  }

  static async start(imapPort: number, { certificate: cert, key }: KeyedCertificate): Promise<AnnouncingRelay> {
    const relay = new AnnouncingRelay(createServer({ cert, key, noDelay: true }), imapPort);
    await once(relay.server.listen(0, '127.0.0.1'), 'listening');
    return relay;
  }

  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Of each mail that was announced, in ms; NaN of one that wasn't marked (yet). */
  get delaysMs(): number[] {
    return this.conversations.flatMap(({ announcedAt, settledAt }) => announcedAt.map((at, index) => (settledAt[index] ?? Number.NaN) - at));
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private relay(suite: TLSSocket, dovecot: Socket): void {
    const conversation: Conversation = { announcedAt: [], settledAt: [] };
    this.conversations.push(conversation);
    for (const [from, to] of [[suite, dovecot], [dovecot, suite]] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    dovecot.on('data', (bytes: Buffer) => noteAnnounced(conversation, bytes));
    suite.on('data', (bytes: Buffer) => noteSettled(conversation, bytes));
  }
}

/** An announcement comes by itself and in one piece. No line of the benchmark's mails begins with an asterisk. */
function noteAnnounced({ announcedAt }: Conversation, bytes: Buffer): void {
  const count = Number(/^\* (\d+) EXISTS\r\n/m.exec(bytes.subarray(0, ANNOUNCEMENT_BYTES_MAX).toString('latin1'))?.[1] ?? 0);
  while (announcedAt.length < count) announcedAt.push(performance.now());
}

/** `A UID STORE 2:3,5 +FLAGS (\Seen $InkpostDone)` */
function noteSettled({ settledAt }: Conversation, bytes: Buffer): void {
  const set = / UID STORE ([\d:,]+) /.exec(bytes.toString('latin1'))?.[1] ?? '';
  for (const range of set.split(',').filter((text) => text !== '')) {
    const [first = 0, last = first] = range.split(':').map(Number);
    for (let uid = first; uid <= last; uid += 1) settledAt[uid - 1] ??= performance.now();
  }
}

/** `+ idling`, `* 1 EXISTS`, `* 1 RECENT`, or what a SELECT answers. */
const ANNOUNCEMENT_BYTES_MAX = 2_000;
