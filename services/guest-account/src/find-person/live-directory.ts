import { Failure } from '@inkpost/failure/failure.js';
import { Availability } from '@inkpost/server-connection/availability.js';
import { CACHED_ANSWERS_MAX, GROUPS_KEPT_SECONDS } from '../limits.js';
import type { DirectoryHealth, DirectoryPerson, Found, PeopleDirectory } from '../ports/directory.port.js';

export interface AnswerAges {
  /** How long an answer holds; 0: not at all. */
  readonly cacheSeconds: number;
  /** How long it holds that there is nobody, or nobody in particular. */
  readonly missCacheSeconds: number;
}

interface Answer {
  readonly found: Found;
  /** Of the person who was found, in the order of the alphabet. */
  readonly groups: readonly string[];
  /** Why the groups are not known, in a sentence; undefined: they are. */
  readonly groupsProblem: string | undefined;
}

/** An answer, and how old it was when it was given. */
export interface AgedAnswer extends Answer {
  /** 0: the directory was asked. */
  readonly ageSeconds: number;
}

interface Kept {
  readonly answer: Answer;
  readonly at: number;
}

/**
 * A directory as mails ask it: with answers that are kept for a stated time, and, while it is down, with pauses in which it is not asked
 * at all, so that a server that hangs costs nobody more than the first one who finds out.
 */
export class LiveDirectory {
  private readonly kept = new Map<string, Kept>();
  private readonly keptGroups = new Map<string, { readonly groups: readonly string[]; readonly at: number }>();
  private readonly underWay = new Map<string, Promise<Answer>>();
  private readonly availability: Availability;
  /** Of the groups alone: who may not read them reads people all the same. */
  private readonly groupsAvailability: Availability;

  constructor(
    readonly people: PeopleDirectory,
    private readonly ages: AnswerAges,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.availability = new Availability(now);
    this.groupsAvailability = new Availability(now);
  }

  get health(): DirectoryHealth {
    return this.availability.health;
  }

  /** Throws `CauseDown` while the directory can't be asked and no answer is kept. */
  async findByAddress(address: string): Promise<AgedAnswer> {
    const kept = this.kept.get(address);
    const ageMs = kept ? this.now() - kept.at : 0;
    if (kept && ageMs < 1_000 * this.keptSeconds(kept.answer)) return { ...kept.answer, ageSeconds: Math.floor(ageMs / 1_000) };
    // Ten mails of one sender that arrive together are one question.
    const asked = this.underWay.get(address) ?? this.ask(address);
    return { ...(await asked), ageSeconds: 0 };
  }

  /** The next mail from this address asks anew. */
  forget(address: string): void {
    this.kept.delete(address);
  }

  private keptSeconds({ found, groupsProblem }: Answer): number {
    const { cacheSeconds, missCacheSeconds } = this.ages;
    if (found.kind !== 'found') return missCacheSeconds;
    return groupsProblem === undefined ? cacheSeconds : Math.min(cacheSeconds, missCacheSeconds);
  }

  private ask(address: string): Promise<Answer> {
    const question = this.askOnce(address).then((answer) => {
      this.keep(address, answer);
      return answer;
    });
    this.underWay.set(address, question);
    return question.finally(() => this.underWay.delete(address));
  }

  private async askOnce(address: string): Promise<Answer> {
    const found = await this.availability.unlessDown(() => this.people.findByAddress(address));
    if (found.kind !== 'found') return { found, groups: [], groupsProblem: undefined };
    try {
      return { found, groups: found.person.groups ?? (await this.groupsOf(found.person)), groupsProblem: undefined };
    } catch (error) {
      // The person is known, and prints: as a member of no group, which the journey says.
      if (!(error instanceof Failure)) throw error;
      return { found, groups: [], groupsProblem: error.message };
    }
  }

  /** They cost a question of their own here: kept also where people's answers aren't, so that not every mail asks it. */
  private async groupsOf(person: DirectoryPerson): Promise<readonly string[]> {
    const kept = this.keptGroups.get(person.accountId);
    if (kept && this.now() - kept.at < 1_000 * GROUPS_KEPT_SECONDS) return kept.groups;
    const groups = await this.groupsAvailability.unlessDown(() => this.people.groupsOf(person));
    renew(this.keptGroups, person.accountId, { groups, at: this.now() });
    return groups;
  }

  private keep(address: string, answer: Answer): void {
    renew(this.kept, address, { answer, at: this.now() });
  }
}

/** Of too many the oldest goes. */
function renew<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size >= CACHED_ANSWERS_MAX) map.delete(oldest);
  map.set(key, value);
}
