import { knownRights, type Right } from '@inkpost/service/rights.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { ANONYMOUS } from '../answer-route/access.js';
import { as, type Owners } from '../call-owner/owners.js';
import { LIMITS } from '../limits.js';

/** What everybody may do who isn't signed in (V-13), as the profile Anonymous says; asked for at most once a minute, and only when it matters. */
export class AnonymousRights {
  private rights: readonly Right[] = [];
  private askedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly owner: Pick<Owners['rights'], 'getAnonymousRights'>,
    private readonly log: Log,
    private readonly now: () => number = () => Date.now(),
  ) {}

  async current(): Promise<readonly Right[]> {
    if (this.now() - this.askedAt >= LIMITS.rightsHoldMs) {
      this.asking ??= this.ask().finally(() => {
        this.asking = undefined;
      });
      await this.asking;
    }
    return this.rights;
  }

  /** They were changed here. */
  forget(): void {
    this.askedAt = Number.NEGATIVE_INFINITY;
  }

  /** Where nobody answers, nobody may anything: whoever has a session goes on. */
  private async ask(): Promise<void> {
    this.askedAt = this.now();
    try {
      this.rights = knownRights((await this.owner.getAnonymousRights({}, as(ANONYMOUS))).rights);
    } catch (error) {
      this.rights = [];
      this.log.debug('rights of who is not signed in are not known', { error });
    }
  }
}
