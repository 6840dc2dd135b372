import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '../../mail-ingest.harness.js';

/** SMTP and LMTP by hand, for what no decent client does. */
export class MailClient {
  private heard = '';

  /** What the server said first. */
  greeting = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (text) => {
      this.heard += String(text);
    });
  }

  /** Gives it once the server has greeted. */
  static async connect(port: number, localAddress = '127.0.0.1'): Promise<MailClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    const client = new MailClient(socket);
    client.greeting = await client.reply();
    return client;
  }

  async command(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return this.reply();
  }

  /** The commands, each answered with success, up to the one that lets the mail begin. */
  async begin(protocol: 'smtp' | 'lmtp', ...recipients: string[]): Promise<void> {
    const lines = [`${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} test.example`, 'MAIL FROM:<a@example.org>', ...recipients.map((address) => `RCPT TO:<${address}>`), 'DATA'];
    for (const line of lines) {
      const reply = await this.command(line);
      if (!/^[23]/.test(reply)) throw new Error(`${line}: ${reply}`);
    }
  }

  async write(bytes: Buffer | string): Promise<void> {
    if (!this.socket.write(bytes)) await once(this.socket, 'drain');
  }

  close(): void {
    this.socket.destroy();
  }

  async reply(): Promise<string> {
    const reply = await eventually(async () => /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.heard)?.[0], 'the server replies', 20_000);
    this.heard = this.heard.slice(reply.length);
    return reply;
  }
}
