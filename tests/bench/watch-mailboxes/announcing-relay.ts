import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { KeyedCertificate } from '@inkpost/testkit/make-certificate.js';
import { ImapConversation } from './imap-conversation.js';

/**
 * Stands between the suite and Dovecot in the place of its TLS, and notes on the same clock when a mail is announced
 * (`* n EXISTS`) and when the suite marks it as processed, which it may do only after the mail is durable.
 */
export class AnnouncingRelay {
  private readonly conversations: ImapConversation[] = [];
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
    return this.conversations.flatMap((conversation) => conversation.delaysMs);
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private relay(suite: TLSSocket, dovecot: Socket): void {
    const conversation = new ImapConversation();
    this.conversations.push(conversation);
    for (const [from, to] of [[suite, dovecot], [dovecot, suite]] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    dovecot.on('data', (bytes: Buffer) => conversation.hearServer(bytes));
    suite.on('data', (bytes: Buffer) => conversation.hearClient(bytes));
  }
}
