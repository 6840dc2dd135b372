import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Meter } from '@opentelemetry/api';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { EXPIRY_LOGGED_EVERY_MS, EXPIRY_WATCHED_EVERY_MS } from '../limits.js';
import { isSoon } from '../mailboxes/describe-expiry.js';

interface Expiring {
  readonly mailbox: string;
  /** client-secret or grant. */
  readonly what: string;
  readonly at: Date;
}

const DAY_MS = 86_400_000;

const EXPIRING = `SELECT m.address AS mailbox, x.what, x.at FROM mailbox m LEFT JOIN association a ON a.mailbox_id = m.id
  CROSS JOIN LATERAL (VALUES ('client-secret', m.client_secret_expires_at), ('grant', a.grant_expires_at)) AS x (what, at)
  WHERE m.enabled AND x.at IS NOT NULL`;

/** Warns of secrets and consents before they run out: in the log once a day, and as a metric. Every replica says the same. */
export class ExpiryWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private expiring: readonly Expiring[] = [];
  private readonly loggedAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    meter: Meter,
    private readonly log: Log,
  ) {
    meter.createObservableGauge('mailbox_sign_in_days_left', { description: 'Days until a client secret or consent of a mailbox runs out; every replica says the same' }).addCallback((result) => {
      for (const { mailbox, what, at } of this.expiring) result.observe((at.getTime() - Date.now()) / DAY_MS, { mailbox, what });
    });
  }

  onApplicationBootstrap(): void {
    const look = (): void => {
      this.round = this.look();
    };
    look();
    this.timer = setInterval(look, EXPIRY_WATCHED_EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  private async look(): Promise<void> {
    try {
      this.expiring = await query<Expiring & Record<string, unknown>>(this.pool, 'association.expiring', EXPIRING, []);
      const now = new Date();
      for (const each of this.expiring) if (isSoon(each.at, now)) this.warn(each, now);
    } catch (error) {
      this.log.warning('what runs out is not known, looked at again', { error });
    }
  }

  private warn({ mailbox, what, at }: Expiring, now: Date): void {
    const name = JSON.stringify([mailbox, what, at]);
    if (now.getTime() - (this.loggedAt.get(name) ?? 0) < EXPIRY_LOGGED_EVERY_MS) return;
    this.loggedAt.set(name, now.getTime());
    const facts = { mailbox, what, at };
    if (at > now) this.log.warning('mailbox sign-in runs out soon', facts);
    else this.log.error('mailbox sign-in has run out', facts);
  }
}
