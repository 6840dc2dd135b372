import { LIMITS } from '../limits.js';
import type { AuditEntry } from './audit-entry.js';

interface Waiting {
  readonly entry: AuditEntry;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The chain is written by one at a time, and each writing waits for the disk. What comes meanwhile is collected and goes with the next
 * one, so that a hundred release points together wait for two writings and not for a hundred.
 */
export class AuditAppender {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly write: (entries: readonly AuditEntry[]) => Promise<void>) {}

  /** Settles once the entry is stored; rejects with the failure of its writing. */
  async append(entry: AuditEntry): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.waiting.push({ entry, done });
    if (!this.running) void this.run();
    return done.promise;
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, LIMITS.auditAppendMax);
      await this.write(batch.map(({ entry }) => entry)).then(
        () => batch.forEach(({ done }) => done.resolve()),
        (error: unknown) => batch.forEach(({ done }) => done.reject(error)),
      );
    }
    this.running = false;
  }
}
