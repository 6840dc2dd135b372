import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { GuestChange } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { checkValidity } from '../guests/guest-settings.js';
import { GROUP_NAME_LENGTH_MAX } from '../limits.js';
import type { GuestsChange } from './guests-change.store.js';

/** Wire -> domain. Throws invalid-argument that names the field. */
export function fromChangeWire(wire: GuestChange | undefined): GuestsChange {
  const { validity, locked, group, erase = false } = wire ?? {};
  const sets = validity !== undefined || locked !== undefined || group !== undefined;
  if (erase && sets) throw invalidField('change.erase', 'must stand alone: who is erased has nothing left to set');
  if (erase) return { kind: 'erase' };
  if (!sets) throw invalidField('change', 'must set validity, locked or group, or erase');
  const [from, until] = [validity?.from, validity?.until].map((moment) => (moment ? timestampDate(moment) : null));
  const span = { validFrom: from ?? null, validUntil: until ?? null };
  const problem = checkValidity(span);
  if (problem) throw invalidField(problem.field === 'validFrom' ? 'change.validity.from' : 'change.validity.until', problem.reason.replace('validFrom', 'from'));
  return {
    kind: 'set', validity: validity ? { from: span.validFrom, until: span.validUntil } : undefined, locked,
    group: group === undefined ? undefined : checkLine('change.group', group, GROUP_NAME_LENGTH_MAX),
  };
}
