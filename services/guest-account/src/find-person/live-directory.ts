import { Failure } from '@inkpost/failure/failure.js';
import { CACHED_ANSWERS_MAX, DOWN_PAUSE_MAX_MS, DOWN_PAUSE_MIN_MS } from '../limits.js';
import type { DirectoryHealth, Found, PeopleDirectory } from '../ports/directory.port.js';

export interface AnswerAges {
  /** How long an answer holds; 0: not at all. */
  readonly cacheSeconds: number;
  /** How long it holds that there is nobody, or nobody in particular. */
  readonly missCacheSeconds: number;
}

/** An answer, and how old it was when it was given. */
export interface AgedAnswer {
  readonly found: Found;
  /** 0: the directory was asked. */
  readonly ageSeconds: number;
}

interface Kept {
  readonly found: Found;
  readonly at: number;
}

/**
 * A directory as mails ask it: with answers that are kept for a stated time, and, while it is down, with pauses in which it is not asked
 * at all, so that a server that hangs costs nobody more than the first one who finds out.
 */
export class LiveDirectory {
  private readonly kept = new Map<string, Kept>();
  private readonly underWay = new Map<string, Promise<Found>>();
  private failure: Failure | undefined;
  private pauseMs = 0;
  private restsUntil = 0;
  private isTried = false;
  private current: DirectoryHealth = { state: 'unused', problem: '', since: undefined };

  constructor(
    readonly people: PeopleDirectory,
    private readonly ages: AnswerAges,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get health(): DirectoryHealth {
    return this.current;
  }

  /** Throws `CauseDown` while the directory can't be asked and no answer is kept. */
  async findByAddress(address: string): Promise<AgedAnswer> {
    const kept = this.kept.get(address);
    const ageMs = kept ? this.now() - kept.at : 0;
    if (kept && ageMs < 1_000 * (kept.found.kind === 'found' ? this.ages.cacheSeconds : this.ages.missCacheSeconds)) return { found: kept.found, ageSeconds: Math.floor(ageMs / 1_000) };
    // Ten mails of one sender that arrive together are one question.
    const asked = this.underWay.get(address) ?? this.ask(address);
    return { found: await asked, ageSeconds: 0 };
  }

  /** The next mail from this address asks anew. */
  forget(address: string): void {
    this.kept.delete(address);
  }

  private ask(address: string): Promise<Found> {
    const question = this.unlessDown(() => this.people.findByAddress(address)).then((found) => {
      this.keep(address, found);
      return found;
    });
    this.underWay.set(address, question);
    return question.finally(() => this.underWay.delete(address));
  }

  private keep(address: string, found: Found): void {
    this.kept.delete(address);
    const [oldest] = this.kept.keys();
    if (oldest !== undefined && this.kept.size >= CACHED_ANSWERS_MAX) this.kept.delete(oldest);
    this.kept.set(address, { found, at: this.now() });
  }

  private async unlessDown<T>(work: () => Promise<T>): Promise<T> {
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

  private noteUp(): void {
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
