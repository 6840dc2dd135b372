import { TRACE_SMTP_LINES_MAX } from '../limits.js';
import type { WriteLine } from '@inkpost/service/conversation-log.js';

/** A line of smtp-server's own log. It leaves out credentials, and the content of mails. */
interface SmtpLogEntry {
  /** command: the client's; send: ours. */
  readonly tnx?: string;
  /** The connection. */
  readonly cid?: string;
}

interface Conversation {
  /** What was said before it was known whose mail it is. */
  readonly before: string[];
  readonly writers: Map<string, WriteLine>;
}

/**
 * The conversations of mail servers with our listener. Each belongs to the mailboxes that it names as recipients; which that are turns
 * out in its course. While no mailbox is traced nothing is kept of any.
 */
export class SmtpConversations {
  private traced: ReadonlySet<string> = new Set();
  private readonly conversations = new Map<string, Conversation>();

  constructor(private readonly open: (mailboxId: string) => WriteLine) {}

  /** For smtp-server. */
  readonly logger = {
    debug: (entry: SmtpLogEntry, _format?: string, line?: string) => this.hear(entry, line),
    info: (entry: SmtpLogEntry) => this.hear(entry),
    trace: nothing, warn: nothing, error: nothing, fatal: nothing,
  };

  /** The traced mailboxes that mail servers deliver to. */
  follow(traced: readonly string[]): void {
    this.traced = new Set(traced);
    if (traced.length === 0) this.conversations.clear();
  }

  /** The mail of this connection goes to this mailbox, too. */
  name(connection: string, mailboxId: string): void {
    if (!this.traced.has(mailboxId)) return;
    const { before, writers } = this.conversation(connection);
    if (writers.has(mailboxId)) return;
    const write = this.open(mailboxId);
    writers.set(mailboxId, (line) => write(`[${connection}] ${line}`));
    for (const line of before) writers.get(mailboxId)?.(line);
  }

  private hear({ tnx, cid }: SmtpLogEntry, line = ''): void {
    if (this.traced.size === 0 || cid === undefined) return;
    if (tnx === 'close') {
      for (const write of this.conversations.get(cid)?.writers.values() ?? []) write('-- the connection is closed');
      this.conversations.delete(cid);
    } else if (tnx === 'command' || tnx === 'send') {
      const { before, writers } = this.conversation(cid);
      const said = `${tnx === 'command' ? 'C' : 'S'}: ${line}`;
      if (before.length < TRACE_SMTP_LINES_MAX) before.push(said);
      for (const write of writers.values()) write(said);
    }
  }

  private conversation(connection: string): Conversation {
    const known = this.conversations.get(connection) ?? { before: [], writers: new Map<string, WriteLine>() };
    this.conversations.set(connection, known);
    return known;
  }
}

function nothing(): void {
  // What smtp-server says besides the conversation is its own.
}
