import { type Pool, poolWithSetting } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';

/** on: what is written comes from the master. rehearsal: so, and each transaction ends at its commit without a trace. */
export type Applies = 'on' | 'rehearsal';

/** One object after the other; what reads beside a transaction needs a second. */
const CONNECTIONS_MAX = 2;

/** A pool like the service's own, whose sessions write what comes from the master. It holds no connection while there is nothing to apply. */
export function applyingPool(own: Pool, applies: Applies, log: Log): Pool {
  return poolWithSetting(own, `inkpost.applies=${applies}`, { connectionsMax: CONNECTIONS_MAX, onIdleError: (error) => log.warning('database connection lost', { error }) });
}
