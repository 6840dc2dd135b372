import type { ObjectState } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { keyOf, type LogEntry, type ObjectReference } from '../keep-log/log-entry.js';

/** Objects of one owner of which the log says something else than the owner has: changed, new, or gone. `objects`: all that it shares; `entries`: the log's last of each. */
export function unrecorded(objects: readonly Pick<ObjectState, 'kind' | 'objectId' | 'digest'>[], entries: readonly LogEntry[]): ObjectReference[] {
  const logged = new Map(entries.map((entry) => [keyOf(entry), entry.digest]));
  const there = new Set(objects.map(keyOf));
  const changed = objects.filter((object) => logged.get(keyOf(object)) !== Buffer.from(object.digest).toString('hex'));
  return [...changed, ...entries.filter((entry) => !there.has(keyOf(entry)))].map(({ kind, objectId }) => ({ kind, objectId }));
}
