import { z } from 'zod';
import type { People, Restrictions } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { orNull } from '../answer-route/fields.js';
import { CHARGING } from '../limits.js';

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/u);
const texts = z.array(z.string().trim().min(1).max(CHARGING.text)).max(CHARGING.textsMax).default([]);
const people = z.strictObject({
  users: texts.describe('Addresses or account ids.'), groups: texts.describe('As their directory names them.'), directories: texts.describe('By their names; guests: the guest base.'),
}).prefault({}).meta({ id: 'RestrictedPeople', description: 'Any of them.' });

/** Who may print on the queues of a group, when and what (WD-006). */
export const restrictions = z.strictObject({
  allowed: people.describe('Only these, where any are named.'),
  denied: people.describe('None of these, even where they are allowed.'),
  hours: z.array(z.strictObject({ weekdays: z.array(z.int().min(1).max(7)).default([]).describe('Monday is 1; empty: every day.'), from: time, until: time })).max(21).default([])
    .describe('Printing happens within one of these, in the time zone of charging; what is held may come at any time. Empty: always.'),
  pagesMax: z.int().min(0).max(CHARGING.pagesMax).default(0).describe('Of a document; 0: no limit.'),
  sizeMaxBytes: z.int().min(0).default(0).describe('Of a document; 0: no limit.'),
  color: z.enum(['allowed', 'refused', 'monochrome']).default('allowed').describe('monochrome: documents are printed without it.'),
  message: z.string().max(CHARGING.message).default('').describe('What people are told; empty: a sentence of Inkpost\'s.'),
}).prefault({}).meta({ id: 'QueueGroupRestrictions' });

const shownPeople = z.object({ users: z.array(z.string()), groups: z.array(z.string()), directories: z.array(z.string()) });
export const shownRestrictions = z.object({
  allowed: shownPeople, denied: shownPeople, hours: z.array(z.object({ weekdays: z.array(z.int()), from: z.string(), until: z.string() })), pagesMax: z.int(), sizeMaxBytes: z.int(), color: z.string(), message: z.string().nullable(),
}).meta({ id: 'ShownQueueGroupRestrictions' });

export function toRestrictions(wire: Restrictions | undefined): z.input<typeof shownRestrictions> {
  const { allowed, denied, hours = [], pagesMax = 0, sizeMaxBytes = 0n, color = '', message = '' } = wire ?? {};
  return {
    allowed: toPeople(allowed), denied: toPeople(denied), hours: hours.map(({ weekdays, from, until }) => ({ weekdays, from, until })),
    pagesMax, sizeMaxBytes: Number(sizeMaxBytes), color: color || 'allowed', message: orNull(message),
  };
}

function toPeople({ users = [], groups = [], directories = [] }: Partial<People> = {}): z.input<typeof shownPeople> {
  return { users, groups, directories };
}

export function fromRestrictions({ sizeMaxBytes, color, ...rest }: z.output<typeof restrictions>) {
  return { ...rest, sizeMaxBytes: BigInt(sizeMaxBytes), color: color === 'allowed' ? '' : color };
}
