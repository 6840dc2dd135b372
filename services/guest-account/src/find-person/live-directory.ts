import { CACHED_ANSWERS_MAX } from '../limits.js';
import type { DirectoryHealth, Found, PeopleDirectory } from '../ports/directory.port.js';
import { Availability } from './availability.js';

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
  private readonly availability: Availability;

  constructor(
    readonly people: PeopleDirectory,
    private readonly ages: AnswerAges,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.availability = new Availability(now);
  }

  get health(): DirectoryHealth {
    return this.availability.health;
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
    const question = this.availability.unlessDown(() => this.people.findByAddress(address)).then((found) => {
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
}
