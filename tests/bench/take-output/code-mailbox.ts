import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { callbackify } from 'node:util';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

export interface CodeMail {
  readonly to: string;
  readonly code: string;
  /** performance.now */
  readonly arrivedAt: number;
}

/**
 * The mail server to which the suite sends its code mails. It looks for the code and nothing else: parsing each mail, as the
 * testkit's sink does, would take more of the machine than sending it.
 */
export class CodeMailbox {
  /** In order of arrival. */
  readonly mails: CodeMail[] = [];
  /** Mails without a code: refusals, notices. */
  otherMails = 0;
  private readonly waiting = new Set<() => void>();
  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 1_000,
    onData: callbackify(async (stream: Readable, session: SMTPServerSession) => this.take(await text(stream), session)),
  });

  static async start(): Promise<CodeMailbox> {
    const mailbox = new CodeMailbox();
    mailbox.server.on('error', () => undefined); // a client that breaks off is the client's matter
    await once(mailbox.server.listen(0, '127.0.0.1'), 'listening');
    return mailbox;
  }

  get port(): number {
    const address = this.server.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Forgets what came. */
  clear(): void {
    this.mails.length = 0;
    this.otherMails = 0;
  }

  /** What `look` finds in the mails that came, as soon as it finds something; without end when it never does. */
  async until<Found>(look: (mails: readonly CodeMail[]) => Found | undefined): Promise<Found> {
    for (;;) {
      const found = look(this.mails);
      if (found !== undefined) return found;
      const next = Promise.withResolvers<void>();
      this.waiting.add(next.resolve);
      await next.promise;
    }
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private take(raw: string, { envelope }: SMTPServerSession): void {
    const body = raw.slice(raw.indexOf('\r\n\r\n'));
    const code = /\b([2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4})\b/.exec(body)?.[1];
    if (code === undefined) this.otherMails += 1;
    else this.mails.push({ to: envelope.rcptTo[0]?.address ?? '', code, arrivedAt: performance.now() });
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}
