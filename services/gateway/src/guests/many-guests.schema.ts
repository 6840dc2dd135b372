import { z } from 'zod';
import type { ChangeGuestsResponse, ImportGuestsResponse } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { fromInstant, instant, orNull } from '../answer-route/fields.js';
import { GUESTS, TEXT } from '../limits.js';
import { guestFilter } from './guest.schema.js';

export const guestImportReport = z.object({
  imported: z.boolean().describe('Whether it was written: no dry run, and no line was refused.'),
  added: z.int(), changed: z.int(), unchanged: z.int(), skipped: z.int().describe('Were there already, and are left as they are.'), refused: z.int(),
  lines: z.array(z.object({
    line: z.int().describe('From 1; the line of column names is the first.'), login: z.string(), outcome: z.string().describe('added, changed, unchanged, skipped or refused.'),
    problem: z.string().nullable().describe('Why it is refused, and what to do.'),
  }).meta({ id: 'ImportedGuestLine' })).describe('The refused ones first; at most 1,000.'),
  notes: z.array(z.string()).describe('Columns that are left out, and why.'),
}).meta({ id: 'GuestImportReport' });

export function toImportReport({ imported, added, changed, unchanged, skipped, refused, lines, notes }: ImportGuestsResponse): z.input<typeof guestImportReport> {
  return { imported, added, changed, unchanged, skipped, refused, notes, lines: lines.map(({ line, login, outcome, problem }) => ({ line, login, outcome, problem: orNull(problem) })) };
}

const which = {
  filter: z.strictObject(guestFilter).describe('Must say something.'),
  dryRun: z.boolean().default(false).describe('Say how many there are, and change nothing.'),
  expectedCount: z.int().min(0).max(GUESTS.changedMax).optional().describe('What the dry run found: if there are others now, nothing is changed and the answer is 409.'),
};

const change = z.strictObject({
  validity: z.strictObject({ from: instant.nullable().default(null).describe('null: from the first.'), until: instant.nullable().default(null).describe('null: without end.') }).optional(),
  locked: z.boolean().optional(),
  group: z.string().max(TEXT.name).optional(),
}).describe('One of these at least.');

export const guestsChange = z.strictObject({ ...which, change }).meta({ id: 'GuestsChange' });
export const guestsErasure = z.strictObject(which).meta({ id: 'GuestsErasure' });

export const changedGuests = z.object({ found: z.int().describe('How many the filter finds.'), changed: z.boolean() }).meta({ id: 'ChangedGuests' });

export function fromChange({ validity, locked, group }: z.output<typeof change>) {
  const [from, until] = [fromInstant(validity?.from), fromInstant(validity?.until)];
  return {
    ...(validity ? { validity: { ...(from ? { from } : {}), ...(until ? { until } : {}) } } : {}), ...(locked === undefined ? {} : { locked }), ...(group === undefined ? {} : { group }),
  };
}

export function toChanged({ found, changed }: ChangeGuestsResponse): z.input<typeof changedGuests> {
  return { found, changed };
}
