import type { SynchronizationSettings } from '@inkpost/contracts/admin/v1/replication_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { DomainSettings } from '../domain/domain.js';
import { OPERATIONS_PER_MINUTE_MAX, TRANSFER_DELAY_SECONDS_MAX, WAIT_SECONDS_MAX } from '../limits.js';

type Checked = Omit<DomainSettings, 'statisticsEverySeconds'>;

/** The settings of DOM-023 to DOM-031. Throws naming the field that can't be. */
export function checkSynchronization(settings: SynchronizationSettings | undefined): Checked {
  if (!settings) throw invalidField('settings', 'are missing');
  const { mode, storage, operationsPerMinute, waitMinSeconds, waitMaxSeconds, waitJitterSeconds, strict, transferDelaySeconds } = settings;
  if (mode !== 'bidirectional' && mode !== 'mailbox') throw invalidField('mode', 'must be bidirectional or mailbox');
  if (storage !== 'memory' && storage !== 'disk') throw invalidField('storage', 'must be memory or disk');
  within('operationsPerMinute', operationsPerMinute, 0, OPERATIONS_PER_MINUTE_MAX);
  within('waitMaxSeconds', waitMaxSeconds, 1, WAIT_SECONDS_MAX);
  within('waitMinSeconds', waitMinSeconds, 0, WAIT_SECONDS_MAX);
  if (waitMinSeconds > waitMaxSeconds) throw invalidField('waitMinSeconds', 'must not be longer than the maximum waiting time');
  within('waitJitterSeconds', waitJitterSeconds, 0, WAIT_SECONDS_MAX);
  within('transferDelaySeconds', transferDelaySeconds, 0, TRANSFER_DELAY_SECONDS_MAX);
  return { mode, storage, operationsPerMinute, waitMinSeconds, waitMaxSeconds, waitJitterSeconds, strict, transferDelaySeconds };
}

function within(field: string, value: number, min: number, max: number): void {
  if (value < min || value > max) throw invalidField(field, `must be from ${min} to ${max}`);
}
