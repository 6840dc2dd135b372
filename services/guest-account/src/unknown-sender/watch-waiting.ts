import type { Meter } from '@opentelemetry/api';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';

const COUNT = `SELECT p.policy, count(s.waiting_id) AS senders FROM unnest('{confirm,sponsor,hold}'::text[]) AS p (policy)
  LEFT JOIN waiting_sender s ON s.policy = p.policy AND s.state = 'waiting' AND s.waits_until > now() GROUP BY p.policy`;

/** A metric of who waits to be let in, read from Postgres whenever metrics are: of policy hold only an administrator can end it. */
export function watchWaiting(meter: Meter, pool: Pool, log: Log): void {
  const waiting = meter.createObservableGauge('account_waiting_senders', { description: 'Unknown senders who wait to be let in, by policy; every replica says the same' });
  waiting.addCallback(async (result) => {
    try {
      const rows = await query<{ policy: string; senders: number }>(pool, 'waiting-sender.count', COUNT, []);
      for (const { policy, senders } of rows) result.observe(senders, { policy });
    } catch (error) {
      // Metrics must come through when the database is away: this one is missing then.
      log.debug('waiting senders not counted', { error });
    }
  });
}
