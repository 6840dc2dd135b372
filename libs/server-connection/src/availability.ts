import { Failure } from '@inkpost/failure/failure.js';
import { DOWN_PAUSE_MAX_MS, DOWN_PAUSE_MIN_MS } from './limits.js';

export interface Health {
  /** unused: not asked yet. */
  readonly state: 'unused' | 'answers' | 'down';
  /** Why it is down, in a sentence; else empty. */
  readonly problem: string;
  readonly since: Date | undefined;
}

/** Whether a server answers, and, while it is down, growing pauses in which it is not asked: one question after each finds out whether it is back. */
export class Availability {
  private failure: Failure | undefined;
  private pauseMs = 0;
  private restsUntil = 0;
  private isTried = false;
  private current: Health = { state: 'unused', problem: '', since: undefined };

  constructor(private readonly now: () => number = () => performance.now()) {}

  get health(): Health {
    return this.current;
  }

  /** How long it is left alone yet, in ms; 0: it is not down, or asked anew by whoever comes next. */
  get restsMs(): number {
    return this.failure ? Math.max(this.restsUntil - this.now(), 0) : 0;
  }

  /** Throws what the work throws, and during a pause the `Failure` that began it. */
  async unlessDown<T>(work: () => Promise<T>): Promise<T> {
    // After a pause one question finds out whether it is back; the others don't wait for that.
    if (this.failure && (this.isTried || this.now() < this.restsUntil)) throw this.failure;
    const isTrial = this.failure !== undefined;
    if (isTrial) this.isTried = true;
    try {
      const result = await work();
      this.noteUp();
      return result;
    } catch (error) {
      // Of several questions that fail together the first one begins the pause.
      if (error instanceof Failure && (isTrial || !this.failure)) this.noteDown(error);
      throw error;
    } finally {
      if (isTrial) this.isTried = false;
    }
  }

  noteUp(): void {
    this.failure = undefined;
    this.pauseMs = 0;
    if (this.current.state !== 'answers') this.current = { state: 'answers', problem: '', since: new Date() };
  }

  private noteDown(failure: Failure): void {
    this.failure = failure;
    this.pauseMs = Math.min(Math.max(this.pauseMs * 2, DOWN_PAUSE_MIN_MS), DOWN_PAUSE_MAX_MS);
    this.restsUntil = this.now() + this.pauseMs;
    const since = this.current.state === 'down' ? this.current.since : new Date();
    this.current = { state: 'down', problem: failure.message, since };
  }
}
