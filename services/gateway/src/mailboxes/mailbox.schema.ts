import { z } from 'zod';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Mailbox as WireMailbox, MailboxSettingsSchema } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { identifier, instant, orNull, pem, present, tls, toInstant } from '../answer-route/fields.js';
import { TEXT } from '../limits.js';

const imapSettings = z.strictObject({
  host: z.string().min(1).max(TEXT.host),
  port: z.int().min(1).max(65_535).default(993),
  tls,
  user: z.string().max(TEXT.address).default('').describe('Empty: the mailbox address.'),
  password: z.string().max(TEXT.imapPassword).optional().describe('Never shown again; without it the stored one stays.'),
  folder: z.string().max(TEXT.folder).default('INBOX'),
  certificateAuthority: pem,
}).meta({ id: 'ImapSettings', description: 'How to fetch mails from an IMAP server.' }); // SKY-077, SKY-078

export const mailboxSettings = z.strictObject({
  address: z.string().min(1).max(TEXT.address),
  kind: z.enum(['smtp', 'imap']).describe('smtp: mails come in through Inkpost\'s own listener.'),
  queueId: identifier.describe('The queue that its documents go to.'),
  enabled: z.boolean().default(true),
  afterProcessing: z.enum(['keep', 'flag', 'move', 'delete']).default('keep').describe('What happens to a mail on the IMAP server once it is processed.'),
  processedFolder: z.string().max(TEXT.folder).default('').describe('Where processed mails are moved to.'),
  imap: imapSettings.optional().describe('For kind imap.'),
}).meta({ id: 'MailboxSettings' });

const imapState = z.object({
  host: z.string(), port: z.int(), tls: z.string(), user: z.string(), folder: z.string(), certificateAuthority: z.string(),
}).meta({ id: 'MailboxImap', description: 'Without the password, which is never shown.' });

export const mailbox = z.object({
  mailboxId: z.string(),
  address: z.string(),
  kind: z.string(),
  queueId: z.string(),
  enabled: z.boolean(),
  afterProcessing: z.string(),
  processedFolder: z.string(),
  imap: imapState.nullable(),
  state: z.string().describe('connected, connecting, failing, disabled, or listening (smtp).'),
  problem: z.string().nullable().describe('Why not, in one sentence; null when healthy.'),
  nextTryAt: instant.nullable().describe('When a failing mailbox is tried again.'),
  lastMessageAt: instant.nullable(),
  createdAt: instant.nullable(),
}).meta({ id: 'Mailbox' });

export function toMailbox(wire: WireMailbox | undefined): z.input<typeof mailbox> {
  const { mailboxId, settings, state, problem, nextTryAt, lastMessageAt, createdAt } = present(wire, 'mailbox');
  const { address, kind, queueId, enabled, afterProcessing, processedFolder, imap } = present(settings, 'settings');
  const { host = '', port = 0, tls = '', user = '', folder = '', certificateAuthority = '' } = imap ?? {};
  return {
    mailboxId, address, kind, queueId, enabled, afterProcessing, processedFolder,
    imap: imap ? { host, port, tls, user, folder, certificateAuthority } : null,
    state, problem: orNull(problem), nextTryAt: toInstant(nextTryAt), lastMessageAt: toInstant(lastMessageAt), createdAt: toInstant(createdAt),
  };
}

export function fromMailboxSettings({ imap, ...settings }: z.output<typeof mailboxSettings>): MessageInitShape<typeof MailboxSettingsSchema> {
  if (!imap) return settings;
  const { password, ...server } = imap;
  return { ...settings, imap: password === undefined ? server : { ...server, password } };
}
