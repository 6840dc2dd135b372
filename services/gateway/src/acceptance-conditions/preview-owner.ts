import { z } from 'zod';
import type { Caller } from '@inkpost/service/rights.js';
import { orNull } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { as, type Owners } from '../call-owner/owners.js';

const outcomes = z.enum(['person', 'guest', 'create', 'confirm', 'sponsor', 'hold', 'refused', 'waiting']);

export const testedOwner = z.object({
  outcome: outcomes.describe(
    'person: somebody of a directory; guest: one who is there; create: a guest would be created; confirm, sponsor, hold: the sender, a sponsor or an administrator would decide; refused: see statusText; waiting: a directory is away.',
  ),
  directory: z.string().nullable().describe('The one that answered.'),
  accountId: z.string().nullable(),
  displayName: z.string().nullable(),
  statusText: z.string().nullable().describe('What a job of this sender would be told; null: it is not refused.'), // SKY-121
}).meta({ id: 'TestedOwner', description: 'For whom a mail of an address would be printed.' });

interface Preview {
  readonly owner: z.input<typeof testedOwner> | null;
  readonly report: readonly string[];
}

/** For whom it would be printed. While guest-account is away the rules can be tried all the same. */
export async function previewOwner({ ownerPreviews }: Owners, asked: { readonly address: string; readonly unknownSender: string; readonly sponsors: string[] }, caller: Caller): Promise<Preview> {
  try {
    const { outcome, directory, accountId, displayName, statusText, report } = await ownerPreviews.previewOwner(asked, as(caller));
    const owner = { outcome: outcomes.parse(outcome), directory: orNull(directory), accountId: orNull(accountId), displayName: orNull(displayName), statusText: orNull(statusText) };
    return { owner, report };
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'unavailable') throw error;
    return { owner: null, report: [`For whom it would be printed can't be said now: ${error.detail}`] };
  }
}
