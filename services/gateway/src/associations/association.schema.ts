import { z } from 'zod';
import type { Association as WireAssociation, GoogleClient as WireGoogleClient } from '@inkpost/contracts/admin/v1/associations_pb.js';
import { instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { TEXT } from '../limits.js';

const pending = z.object({
  method: z.enum(['browser', 'device']),
  expiresAt: instant.nullable(),
  userCode: z.string().nullable().describe('Of method device: what is typed at verificationUri.'),
  verificationUri: z.string().nullable(),
}).meta({ id: 'PendingAssociation' });

export const association = z.object({
  state: z.enum(['not-needed', 'none', 'pending', 'associated', 'refused']).describe('not-needed: the application reads the mailbox by itself; refused: `problem` says why the consent is of no use any more.'),
  account: z.string().nullable().describe('Who consented.'),
  associatedAt: instant.nullable(),
  associatedBy: z.string().nullable().describe('Who asked for it here.'),
  expiresAt: instant.nullable().describe('When the consent runs out; null: it doesn\'t while it is used, or nobody says.'),
  problem: z.string().nullable().describe('What is wrong and what to do, or why the last attempt came to nothing; null: nothing is wrong.'),
  pending: pending.nullable().describe('The attempt that is under way.'),
  redirectUri: z.string().describe('What is to be registered at the authority, letter by letter.'),
}).meta({ id: 'Association' });

export const googleClient = z.object({
  clientId: z.string().nullable().describe('null: there is none.'),
  clientSecretStored: z.boolean().describe('The secret itself is never shown.'),
  changedAt: instant.nullable(),
  redirectUri: z.string().describe('What is to be registered at Google, letter by letter.'),
}).meta({ id: 'GoogleClient' });

export const googleClientSettings = z.strictObject({
  clientId: z.string().min(1).max(TEXT.clientId),
  clientSecret: z.string().min(1).max(TEXT.clientSecret).optional().describe('Never shown again; without it the stored one stays, for the same client ID.'),
}).meta({ id: 'GoogleClientSettings' });

const STATES = association.shape.state;
const METHODS = pending.shape.method;

export function toAssociation(wire: WireAssociation | undefined): z.input<typeof association> {
  const { state, account, associatedAt, associatedBy, expiresAt, problem, pending, redirectUri } = present(wire, 'association');
  return {
    state: STATES.parse(state), account: orNull(account), associatedAt: toInstant(associatedAt), associatedBy: orNull(associatedBy), expiresAt: toInstant(expiresAt), problem: orNull(problem), redirectUri,
    pending: pending ? { method: METHODS.parse(pending.method), expiresAt: toInstant(pending.expiresAt), userCode: orNull(pending.userCode), verificationUri: orNull(pending.verificationUri) } : null,
  };
}

export function toGoogleClient(wire: WireGoogleClient | undefined): z.input<typeof googleClient> {
  const { clientId, clientSecretStored, changedAt, redirectUri } = present(wire, 'client');
  return { clientId: orNull(clientId), clientSecretStored, changedAt: toInstant(changedAt), redirectUri };
}
