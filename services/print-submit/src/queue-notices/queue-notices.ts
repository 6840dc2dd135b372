import type { Publication } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { CurrentSettings } from '@inkpost/service/current-settings.js';
import type { LimitsLeft } from '../balances/limits-left.js';
import { noticeLimits } from '../limits.js';

/** What the group of a queue says about notices (WD-006), and by what its documents are released. */
interface KnownNotices {
  readonly administrators: readonly string[];
  readonly support: readonly string[];
  readonly eventsOn: readonly string[];
  readonly eventsOff: readonly string[];
  readonly pinReleases: boolean;
  readonly codeReleases: boolean;
}

const FIND = `
  SELECT coalesce(g.administrators, '{}') AS administrators, coalesce(g.support, '{}') AS support, coalesce(g.events_on, '{}') AS "eventsOn", coalesce(g.events_off, '{}') AS "eventsOff",
    p.means && ARRAY['login-pin', 'card-pin'] AS "pinReleases",
    'puk' = ANY (p.means) OR p.is_default AND EXISTS (
      SELECT FROM release_assignment a JOIN release_profile there ON there.id = a.profile_id WHERE a.network IS NOT NULL AND 'puk' = ANY (there.means)) AS "codeReleases"
  FROM release_profile p LEFT JOIN queue q ON q.id = $1 LEFT JOIN queue_group g ON g.id = q.group_id
  WHERE p.id = release_profile_of($1, NULL)`;

const NONE: KnownNotices = { administrators: [], support: [], eventsOn: [], eventsOff: [], pinReleases: false, codeReleases: true };

/** Facts that people are told of where that is wanted. */
const TOLD = ['print.job-held.v1', 'print.code-requested.v1', 'print.job-completed.v1', 'print.job-aborted.v1', 'print.job-expiring.v1', 'print.job-expired.v1'] as const;
type ToldPublication = Extract<Publication, { subject: (typeof TOLD)[number] }>;

/**
 * What groups say about notices, in memory and a second old at most: so facts bear it without a round trip of their own. What their owners may still
 * print is asked where a limit is set.
 */
export class QueueNotices {
  private readonly queues = new Map<string, CurrentSettings<KnownNotices>>();

  constructor(
    private readonly pool: Pool,
    private readonly limits: LimitsLeft,
  ) {}

  /**
   * The facts as they leave: with the contacts of their queue, which events its group wants told, and what their owner has left. `ownerGroups`: of the
   * owner of them all, where they are known.
   */
  async addTo(publications: readonly Publication[], ownerGroups?: readonly string[]): Promise<Publication[]> {
    const told = publications.filter(isTold);
    const owners = new Set(told.map(({ payload: { owner } }) => owner?.accountId ?? ''));
    const limits = new Map(await Promise.all([...owners].map(async (accountId) => [accountId, await this.limits.of(accountId, ownerGroups)] as const)));
    return Promise.all(publications.map(async (publication) => (isTold(publication) ? this.addedTo(publication, limits.get(publication.payload.owner?.accountId ?? '') ?? []) : publication)));
  }

  /** Whether the owner of what is held on these queues is mailed a code: not where a PIN of theirs releases everywhere, nor where no code releases anything. */
  async needCode(queueIds: readonly string[], ownerHasPin: boolean): Promise<boolean> {
    const known = await Promise.all(queueIds.map((queueId) => this.of(queueId)));
    return ownerHasPin ? !known.every(({ pinReleases }) => pinReleases) : known.some(({ codeReleases }) => codeReleases);
  }

  private async addedTo(publication: ToldPublication, limits: Awaited<ReturnType<LimitsLeft['of']>>): Promise<Publication> {
    const { administrators, support, eventsOn, eventsOff } = await this.of(publication.payload.queueId ?? '');
    if ([administrators, support, eventsOn, eventsOff, limits].every((each) => each.length === 0)) return publication;
    const notices = [{ administrators: [...administrators], support: [...support], eventsOn: [...eventsOn], eventsOff: [...eventsOff], limits }];
    // The compiler doesn't see that each of them has the same field.
    return { ...publication, payload: { ...publication.payload, notices } } as Publication;
  }

  private of(queueId: string): Promise<KnownNotices> {
    const known = this.queues.get(queueId) ?? new CurrentSettings(() => this.ask(queueId), noticeLimits.ageMaxMs);
    this.queues.set(queueId, known);
    return known.get();
  }

  private async ask(queueId: string): Promise<KnownNotices> {
    const [row] = await query<KnownNotices & Record<string, unknown>>(this.pool, 'queue.notices', FIND, [queueId]);
    return row ?? NONE;
  }
}

function isTold(publication: Publication): publication is ToldPublication {
  return TOLD.some((subject) => subject === publication.subject);
}
