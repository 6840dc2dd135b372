import type { BatchObservableResult, Meter } from '@opentelemetry/api';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';

interface BacklogRow extends Record<string, unknown> {
  readonly consumer: string;
  readonly open: number;
  readonly dead: number;
  readonly oldest_s: number;
}

/** Metrics of the whole flow, read from Postgres whenever metrics are: what waits for each service, and for how long. */
export function watchBacklog(meter: Meter, pool: Pool, log: Log): void {
  const open = meter.createObservableGauge('flow_open_messages', { description: 'Messages not handled yet, by consumer' });
  const dead = meter.createObservableGauge('flow_dead_messages', { description: 'Messages given up, which a person may send again, by consumer' });
  const oldest = meter.createObservableGauge('flow_oldest_open_message_age', { unit: 's', description: 'Age of the oldest message not handled yet, by consumer' });
  const observe = async (result: BatchObservableResult): Promise<void> => {
    const rows = await query<BacklogRow>(pool, 'flow.backlog', 'SELECT * FROM flow.backlog()', []);
    for (const row of rows) {
      const consumer = { consumer: row.consumer.replaceAll('_', '-') };
      result.observe(open, row.open, consumer);
      result.observe(dead, row.dead, consumer);
      result.observe(oldest, row.oldest_s, consumer);
    }
  };
  // Metrics must come through when the database is away: these three are missing then.
  meter.addBatchObservableCallback((result) => observe(result).catch((error: unknown) => log.debug('backlog not read', { error })), [open, dead, oldest]);
}
