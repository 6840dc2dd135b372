import type { OnModuleDestroy } from '@nestjs/common';
import type { Log } from '@inkpost/telemetry/log.js';
import { TRACE_FLUSH_MS, TRACE_WAITING_BYTES_MAX } from '../limits.js';
import { maskSecrets } from './mask-secrets.js';
import type { TraceStore } from './trace.store.js';

/** Takes a line of a conversation. */
export type WriteLine = (line: string) => void;

interface Waiting {
  text: string;
  leftOut: number;
}

/** Writes conversations down: line by line into memory, from time to time into the database. Whoever talks never waits for it. */
export class TraceLog implements OnModuleDestroy {
  private waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Pick<TraceStore, 'append'>,
    private readonly log: Log,
  ) {}

  /** For conversations of this mailbox, once it is known that it is traced. */
  of(mailboxId: string): WriteLine {
    return (line) => this.add(mailboxId, line);
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    await this.flush();
  }

  private add(mailboxId: string, line: string): void {
    const waiting = this.waiting.get(mailboxId) ?? { text: '', leftOut: 0 };
    this.waiting.set(mailboxId, waiting);
    this.timer ??= setTimeout(() => void this.flush(), TRACE_FLUSH_MS);
    // Of a conversation that is faster than the database the rest until the next writing is left out.
    if (waiting.text.length > TRACE_WAITING_BYTES_MAX) waiting.leftOut += 1;
    else waiting.text += `${new Date().toISOString()} ${maskSecrets(line)}\n`;
  }

  private flush(): Promise<void> {
    this.timer = undefined;
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const { waiting } = this;
    this.waiting = new Map();
    for (const [mailboxId, { text, leftOut }] of waiting) {
      const note = leftOut === 0 ? '' : `${new Date().toISOString()} -- ${leftOut} lines are left out here: there were too many at once\n`;
      await this.store.append(mailboxId, text + note).catch((error: unknown) => this.log.warning('traced conversation not written', { mailboxId, error }));
    }
  }
}
