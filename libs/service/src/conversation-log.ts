import type { Log } from '@inkpost/telemetry/log.js';

/** Takes a line of a conversation. */
export type WriteLine = (line: string) => void;

export interface ConversationLogParts {
  /** Whole lines, each with its end, of the conversation of this mailbox or queue. */
  readonly append: (subjectId: string, lines: string) => Promise<void>;
  /** What of a line may be written down: on one line, without secrets, not too long. */
  readonly mask: (line: string) => string;
  readonly flushMs: number;
  /** Of a conversation that is faster than the database the rest until the next writing is left out. */
  readonly waitingBytesMax: number;
  readonly log: Log;
}

interface Waiting {
  text: string;
  leftOut: number;
}

/** Writes conversations down: line by line into memory, from time to time into the database. Whoever talks never waits for it. */
export class ConversationLog {
  private waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ConversationLogParts) {}

  /** For conversations of this mailbox or queue, once it is known that it is traced. */
  of(subjectId: string): WriteLine {
    return (line) => this.add(subjectId, line);
  }

  /** Writes what still waits. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.flush();
  }

  private add(subjectId: string, line: string): void {
    const { mask, flushMs, waitingBytesMax } = this.parts;
    const waiting = this.waiting.get(subjectId) ?? { text: '', leftOut: 0 };
    this.waiting.set(subjectId, waiting);
    this.timer ??= setTimeout(() => void this.flush(), flushMs);
    if (waiting.text.length > waitingBytesMax) waiting.leftOut += 1;
    else waiting.text += `${new Date().toISOString()} ${mask(line)}\n`;
  }

  private flush(): Promise<void> {
    this.timer = undefined;
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const { waiting } = this;
    const { append, log } = this.parts;
    this.waiting = new Map();
    for (const [subjectId, { text, leftOut }] of waiting) {
      const note = leftOut === 0 ? '' : `${new Date().toISOString()} -- ${leftOut} lines are left out here: there were too many at once\n`;
      await append(subjectId, text + note).catch((error: unknown) => log.warning('traced conversation not written', { subjectId, error }));
    }
  }
}
