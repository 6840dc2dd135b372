import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { BalanceSchema, BookingSchema, Holder as WireHolder, QuotaSchema, QuotaStandingSchema } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { chargingLimits } from '../limits.js';
import type { Booking } from './booking.js';
import type { Balance, Holder, QuotaStanding } from './decide-limits.js';
import type { Quota } from './quota.js';

export function checkKind(kind: string): Holder['kind'] {
  if (kind !== 'account' && kind !== 'group') throw invalidField('kind', 'must be account or group');
  return kind;
}

/** Wire -> domain. A group has a name; the account without one is everybody. */
export function checkHolder(wire: WireHolder | undefined): Holder {
  if (!wire) throw invalidField('holder', 'is missing');
  const kind = checkKind(wire.kind);
  if (kind === 'group' && wire.name === '') throw invalidField('name', 'is missing: which group?');
  if (wire.name.length > chargingLimits.groupNameLengthMax) throw invalidField('name', `must have at most ${chargingLimits.groupNameLengthMax} characters`);
  return { kind, name: wire.name };
}

export function toWireBalance({ kind, name, mode, amount, overdraft }: Balance): MessageInitShape<typeof BalanceSchema> {
  return { holder: { kind, name }, mode, amount: BigInt(amount), overdraft: BigInt(overdraft) };
}

export function toWireBooking({ payerKind, payer, amount, jobId, bookedAt, ...rest }: Booking): MessageInitShape<typeof BookingSchema> {
  return { ...rest, amount: BigInt(amount), jobId: jobId ?? '', bookedAt: timestampFromDate(bookedAt), ...(payerKind === '' ? {} : { payer: { kind: payerKind, name: payer } }) };
}

export function toWireQuota({ amount, ...quota }: Quota): MessageInitShape<typeof QuotaSchema> {
  return { ...quota, amount: BigInt(amount) };
}

export function toWireStanding({ quota, used, reserved }: QuotaStanding): MessageInitShape<typeof QuotaStandingSchema> {
  return { quota: toWireQuota(quota), used: BigInt(used), reserved: BigInt(reserved) };
}
