import { z } from 'zod';
import type { Mailbox as WireMailbox } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { toMailboxSettings } from './mailbox-settings.schema.js';

const imapState = z.object({
  host: z.string(), port: z.int(), tls: z.string(), user: z.string(), folder: z.string(), certificateAuthority: z.string(),
}).meta({ id: 'MailboxImap', description: 'Without the password, which is never shown.' });

const pop3State = imapState.omit({ folder: true }).meta({ id: 'MailboxPop3', description: 'Without the password, which is never shown.' });

const providerState = z.object({
  clientId: z.string(), clientSecretExpiresAt: instant.nullable(), protocol: z.string(), host: z.string(), port: z.int(), folder: z.string(), certificateAuthority: z.string(),
});

const office365State = providerState.extend({ tenantId: z.string(), access: z.string() }).meta({ id: 'MailboxOffice365', description: 'Without the client secret, which is never shown.' });

const googleState = providerState.meta({ id: 'MailboxGoogle', description: 'Without the client secret, which is never shown.' });

const expiry = z.object({
  what: z.string().describe('client-secret, or grant: what a person consented to.'),
  at: instant.nullable(),
  soon: z.boolean().describe('Within 30 days, or past.'),
}).meta({ id: 'MailboxExpiry' });

const latestCanary = z.object({
  state: z.string().describe('overdue, arrived, late, lost or not-sent.'),
  requestedAt: instant.nullable(),
  latencyMs: z.int().nullable().describe('From the request to the ledger.'),
}).meta({ id: 'MailboxCanary' });

export const mailbox = z.object({
  mailboxId: z.string(),
  address: z.string(),
  kind: z.string(),
  queueId: z.string(),
  enabled: z.boolean(),
  afterProcessing: z.string(),
  processedFolder: z.string(),
  imap: imapState.nullable(),
  pop3: pop3State.nullable(),
  office365: office365State.nullable(),
  google: googleState.nullable(),
  state: z.string().describe('listening (smtp), disabled, connecting, connected (new mails are announced), polling (they are looked for), waiting (after an error), needs-association, folder-missing. The last three are tried again, by themselves.'),
  problem: z.string().nullable().describe('Why not, or what is wrong with its latest canary mail, in one sentence; null when healthy.'),
  nextTryAt: instant.nullable().describe('When a mailbox with a problem is tried again.'),
  lastMessageAt: instant.nullable(),
  counts: z.object({
    received: z.int().describe('Mails taken in since the mailbox exists.'),
    refused: z.int().describe('Mails refused whole, being too large.'),
  }).meta({ id: 'MailboxCounts' }),
  expires: z.array(expiry).describe('What the mailbox signs in with and will run out, the next one first.'),
  canary: latestCanary.nullable().describe('The latest canary mail of the last 24 hours that says something.'),
  createdAt: instant.nullable(),
}).meta({ id: 'Mailbox' });

export function toMailbox(wire: WireMailbox | undefined): z.input<typeof mailbox> {
  const { mailboxId, settings, state, problem, nextTryAt, lastMessageAt, createdAt, counts, expires, canary } = present(wire, 'mailbox');
  return {
    mailboxId, ...toMailboxSettings(present(settings, 'settings')),
    state, problem: orNull(problem), nextTryAt: toInstant(nextTryAt), lastMessageAt: toInstant(lastMessageAt), createdAt: toInstant(createdAt),
    counts: { received: counts?.received ?? 0, refused: counts?.refused ?? 0 },
    expires: expires.map(({ what, at, soon }) => ({ what, at: toInstant(at), soon })),
    canary: canary ? { state: canary.state, requestedAt: toInstant(canary.requestedAt), latencyMs: canary.latencyMs ?? null } : null,
  };
}
