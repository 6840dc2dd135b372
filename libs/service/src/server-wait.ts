import { setTimeout as pause } from 'node:timers/promises';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';

/** A server that a service can't begin without. */
export interface AwaitedServer<Found> {
  /** With its address: `PostgreSQL at db:5432`. */
  readonly name: string;
  /** Resolves when it serves. Throws `CauseDown` while it is away, `PermanentFailure` when it is there and refuses; anything else is no matter of waiting. */
  readonly look: () => Promise<Found>;
}

export interface ServerWaitLimits {
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  /** A server that refuses is waited for so long: the migration may be about to make the account or the schema. */
  readonly refusedMsMax: number;
}

const LIMITS: ServerWaitLimits = { pauseMsMin: 100, pauseMsMax: 5_000, refusedMsMax: 30_000 };

/** The first pauses of a service that starts, until the servers that it stands on are there. */
export class ServerWait {
  private hindrance: string | undefined;

  constructor(
    private readonly log: Log,
    private readonly over: AbortSignal,
    private readonly limits = LIMITS,
  ) {}

  /** What is waited for just now, and why, in one line; undefined when nothing is. */
  get waitsFor(): string | undefined {
    return this.hindrance;
  }

  /**
   * Waits for as long as the server is away; says each cause once. Gives what the look found. Throws when the server has refused for too long, when `over` is
   * aborted, and at once what waiting does not mend.
   */
  async until<Found>({ name, look }: AwaitedServer<Found>): Promise<Found> {
    const startedAt = performance.now();
    const told = new Set<string>();
    let refusedAt: number | undefined;
    for (let pauseMs = this.limits.pauseMsMin; ; pauseMs = Math.min(2 * pauseMs, this.limits.pauseMsMax)) {
      try {
        const found = await this.orAborted(look());
        this.hindrance = undefined;
        if (told.size > 0) this.log.info(`${name} is there`, { waitedMs: Math.round(performance.now() - startedAt) });
        return found;
      } catch (error) {
        if (!(error instanceof CauseDown || error instanceof PermanentFailure)) throw error;
        refusedAt = error instanceof PermanentFailure ? (refusedAt ?? performance.now()) : undefined;
        const hasRefusedForMs = refusedAt === undefined ? 0 : performance.now() - refusedAt;
        if (hasRefusedForMs > this.limits.refusedMsMax) throw new Error(`${name} refuses: ${error.message}`, { cause: error });
        this.hindrance = `waits for ${name}: ${error.message}`;
        // What is refused, a person has to correct; what is away comes back by itself.
        if (!told.has(this.hindrance)) this.log[refusedAt === undefined ? 'warning' : 'error'](this.hindrance);
        told.add(this.hindrance);
      }
      await pause(pauseMs, undefined, { signal: this.over });
    }
  }

  private async orAborted<Value>(work: Promise<Value>): Promise<Value> {
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(this.over.reason);
    if (this.over.aborted) abort();
    this.over.addEventListener('abort', abort, { once: true });
    return Promise.race([work, aborted.promise]).finally(() => this.over.removeEventListener('abort', abort));
  }
}
