import type { Log } from '@inkpost/telemetry/log.js';
import type { AuditStore } from '../audit/audit.store.js';
import type { JourneyStore } from '../journey/journey.store.js';
import { LIMITS } from '../limits.js';
import type { SessionStore } from '../sessions/session.store.js';

/** Forgets what is kept for a time only: journeys after 90 days, audit entries after a year, sessions that are over. */
export class Upkeep {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly journeys: JourneyStore,
    private readonly sessions: SessionStore,
    private readonly audit: AuditStore,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.round();
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.round());
    }, LIMITS.upkeepEveryMs);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** One round; what fails is tried again in the next one. */
  private async round(): Promise<void> {
    try {
      const now = new Date();
      const sessions = await this.sessions.forgetExpired(now);
      let auditEntries = 0;
      for (let forgotten = 1; forgotten > 0 && !this.stopped; auditEntries += forgotten) forgotten = await this.audit.forgetOld();
      let journeys = 0;
      for (let purged = 1; purged > 0 && !this.stopped; journeys += purged) purged = await this.journeys.purge(LIMITS.journeyDays, LIMITS.upkeepBatch);
      this.log.info('audit chain', { ...(await this.audit.end()) });
      this.log.debug('upkeep done', { sessions, auditEntries, journeys });
    } catch (error) {
      this.log.warning('upkeep failed, the next round tries again', { error });
    }
  }
}
