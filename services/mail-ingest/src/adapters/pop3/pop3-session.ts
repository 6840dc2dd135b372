import { POP3_CAPABILITIES_BYTES_MAX, POP3_LINE_BYTES_MAX, POP3_LIST_BYTES_MAX, POP3_MAILS_MAX, type ServerTimes } from '../../limits.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { serverFailure, tlsFailed } from '../mail-server-failure.js';
import { DotUnstuffer } from './dot-unstuffer.js';
import { LineConnection, type Patience } from './line-connection.js';
import { noPop3Server, notUnderstood, refusedBeforeSignIn, signInFailure } from './pop3-failure.js';
import { type Pop3Reply, readReply } from './pop3-reply.js';

/** A mail of the session, which shows the maildrop as it was at its beginning. */
export interface ListedMail {
  /** Of the session alone. */
  readonly number: number;
  /** UIDL: for ever. */
  readonly key: string;
  readonly sizeBytes: number;
}

/** A signed-in session with a POP3 server (RFC 1939). One call at a time. Throws `Failure`s, and errors of node's sockets. */
export class Pop3Session {
  private capabilities: ReadonlyMap<string, string> = new Map();

  private constructor(
    private readonly connection: LineConnection,
    private readonly access: SourceAccess,
  ) {}

  /** `secret`: password or access token. Ended for good when `signal` is aborted. */
  static async open(access: SourceAccess, secret: string, times: ServerTimes, signal: AbortSignal): Promise<Pop3Session> {
    const connection = await LineConnection.open(access, times, signal);
    try {
      const session = new Pop3Session(connection, access);
      await session.greet(times);
      await session.signIn(secret);
      return session;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }

  /** How long the server wants to be left alone between two sign-ins, in ms (RFC 2449, 6.5). */
  get loginDelayMs(): number {
    return Number(/^\d{1,5}/.exec(this.capabilities.get('LOGIN-DELAY') ?? '')?.[0] ?? 0) * 1_000;
  }

  /** All mails, in the order of their numbers. */
  async list(): Promise<ListedMail[]> {
    const uidl = await this.command('UIDL');
    if (!uidl.ok) throw serverFailure('mailbox.not-supported', `The mail server ${this.access.host}:${this.access.port} gives mails no lasting names (UIDL): they could not be told apart. Use IMAP.`, this.access);
    const keys = await this.numbered();
    const list = await this.command('LIST');
    if (!list.ok) throw notUnderstood(this.access, `LIST ${list.text}`);
    const sizes = await this.numbered();
    return [...keys].map(([number, key]) => ({ number, key, sizeBytes: Number(sizes.get(number) ?? 0) }));
  }

  /** The mail, while it comes; undefined: the server doesn't give it. Whoever doesn't read it to its end ends the session. */
  async retrieve(number: number): Promise<AsyncGenerator<Buffer, void, undefined> | undefined> {
    return this.content(`RETR ${number}`);
  }

  /** Its header, as far as the server knows how to give it alone; else undefined. */
  async header(number: number): Promise<AsyncGenerator<Buffer, void, undefined> | undefined> {
    return this.content(`TOP ${number} 0`);
  }

  /** Marks mails to be deleted, which `quit` does. False: the server doesn't take one of them. */
  async delete(numbers: readonly number[]): Promise<boolean> {
    const lines = numbers.map((number) => `DELE ${number}`);
    if (!this.capabilities.has('PIPELINING')) {
      let taken = true;
      for (const line of lines) taken = (await this.command(line)).ok && taken;
      return taken;
    }
    for (const line of lines) this.say(line);
    const replies = [];
    for (let heard = 0; heard < lines.length; heard += 1) replies.push(await this.hear());
    return replies.every(({ ok }) => ok);
  }

  /** Ends the session; only then are deleted mails gone. False: some of them are not (RFC 1939, 6). */
  async quit(): Promise<boolean> {
    const { ok } = await this.command('QUIT');
    this.destroy();
    return ok;
  }

  destroy(): void {
    this.connection.destroy();
  }

  /** Says a line, and hears the first line of the answer. `shown`: what of it may be traced. */
  private async command(line: string, shown?: string): Promise<Pop3Reply> {
    this.say(line, shown);
    return this.hear();
  }

  private say(line: string, shown = line): void {
    this.access.trace?.(`C: ${shown}`);
    this.connection.write(line);
  }

  private async hear(patience?: Patience): Promise<Pop3Reply> {
    const line = await this.hearLine(patience);
    const reply = readReply(line);
    if (!reply) throw notUnderstood(this.access, line);
    return reply;
  }

  private async hearLine(patience?: Patience): Promise<string> {
    const line = await this.connection.readLine(patience);
    this.access.trace?.(`S: ${line}`);
    return line;
  }

  private async greet({ greetingMaxMs }: ServerTimes): Promise<void> {
    const greeting = readReply(await this.hearLine({ maxMs: greetingMaxMs, code: 'GREETING_TIMEOUT' }));
    if (!greeting) throw noPop3Server(this.access);
    if (!greeting.ok) throw refusedBeforeSignIn(this.access, greeting);
    await this.askCapabilities();
    if (this.access.tls !== 'starttls') return;
    // Asked for whether it is offered or not: what is offered in clear text could be anybody's word.
    const reply = await this.command('STLS');
    if (!reply.ok) throw tlsFailed(this.access, `it offers none on this port (STLS): ${reply.text}`);
    await this.connection.secure();
    await this.askCapabilities();
  }

  /** RFC 2449; older servers have none. */
  private async askCapabilities(): Promise<void> {
    const { ok } = await this.command('CAPA');
    const lines = ok ? await this.lines(POP3_CAPABILITIES_BYTES_MAX) : [];
    this.capabilities = new Map(lines.map((line) => [line.split(' ', 1)[0]?.toUpperCase() ?? '', line.slice(line.indexOf(' ') + 1)]));
  }

  private async signIn(secret: string): Promise<void> {
    const { user, signIn } = this.access;
    if (signIn.kind === 'token') return this.authenticate('XOAUTH2', `user=${user}\x01auth=Bearer ${secret}\x01\x01`);
    const mechanisms = (this.capabilities.get('SASL') ?? '').toUpperCase().split(' ');
    // PASS ends at the line's end in an encoding that nobody named; PLAIN is UTF-8 (RFC 4616).
    if (mechanisms.includes('PLAIN')) return this.authenticate('PLAIN', `\0${user}\0${secret}`);
    for (const [line, shown] of [[`USER ${user}`], [`PASS ${secret}`, 'PASS (hidden)']] as const) {
      const reply = await this.command(line, shown);
      if (!reply.ok) throw signInFailure(this.access, reply);
    }
  }

  /** RFC 5034. The response goes in a line of its own: with a token it is longer than a command may be. */
  private async authenticate(mechanism: string, response: string): Promise<void> {
    let reply = await this.command(`AUTH ${mechanism}`);
    if (reply.continues) reply = await this.command(Buffer.from(response).toString('base64'), '(hidden)');
    // To a token that it doesn't take a server says why, and wants an empty line before it says no.
    const reason = reply.continues ? Buffer.from(reply.text, 'base64').toString() : '';
    if (reply.continues) reply = await this.command('');
    if (!reply.ok) throw signInFailure(this.access, reply, reason);
  }

  private async content(line: string): Promise<AsyncGenerator<Buffer, void, undefined> | undefined> {
    const { ok } = await this.command(line);
    return ok ? this.multiLine() : undefined;
  }

  private async *multiLine(): AsyncGenerator<Buffer, void, undefined> {
    const unstuffer = new DotUnstuffer();
    let sizeBytes = 0;
    try {
      while (!unstuffer.rest) {
        for (const piece of unstuffer.take(await this.connection.read())) {
          sizeBytes += piece.length;
          yield piece;
        }
      }
      this.connection.unread(unstuffer.rest);
    } finally {
      // Nothing but the rest of it could come next.
      if (!unstuffer.rest) this.destroy();
    }
    this.access.trace?.(`S: (${sizeBytes} bytes)`);
  }

  /** A multi-line answer that names mails by their numbers. */
  private async numbered(): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    for (const line of await this.lines(POP3_LIST_BYTES_MAX)) {
      const [, number, value] = /^(\d+) (\S{1,512})/.exec(line) ?? [];
      if (number === undefined || value === undefined) throw notUnderstood(this.access, line);
      found.set(Number(number), value);
    }
    return found;
  }

  private async lines(bytesMax: number): Promise<string[]> {
    const lines: string[] = [];
    let [line, sizeBytes] = ['', 0];
    for await (const piece of this.multiLine()) {
      sizeBytes += piece.length;
      if (sizeBytes > bytesMax) throw notUnderstood(this.access, 'it lists without end');
      const parts = `${line}${piece.toString('latin1')}`.split('\r\n');
      line = parts.pop() ?? '';
      if (line.length > POP3_LINE_BYTES_MAX) throw notUnderstood(this.access, line);
      lines.push(...parts);
      if (lines.length > POP3_MAILS_MAX) throw serverFailure('mailbox.not-supported', `The mailbox has more than ${POP3_MAILS_MAX} mails: too many for POP3.`, this.access);
    }
    return lines;
  }
}
