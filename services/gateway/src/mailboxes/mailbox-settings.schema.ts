import { z } from 'zod';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GoogleSettings, ImapSettings, MailboxSettings as WireSettings, MailboxSettingsSchema, Office365Settings, Pop3Settings } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { fromInstant, identifier, instant, pem, tls, toInstant } from '../answer-route/fields.js';
import { TEXT } from '../limits.js';

const host = z.string().min(1).max(TEXT.host);
const port = z.int().min(1).max(65_535);
const folder = z.string().max(TEXT.folder).default('INBOX');
const user = z.string().max(TEXT.address).default('').describe('Empty: the mailbox address.');
const password = z.string().max(TEXT.imapPassword).optional().describe('Never shown again; without it the stored one stays.');
const clientSecret = z.string().max(TEXT.clientSecret).optional().describe('Never shown again; without it the stored one stays.');
const clientSecretExpiresAt = instant.nullish().describe('As the provider showed it: nobody can ask for it later. A warning stands at the mailbox 30 days before.');

const imap = z.strictObject({ host, port: port.default(993), tls, user, password, folder, certificateAuthority: pem })
  .meta({ id: 'ImapSettings', description: 'How to fetch mails from an IMAP server.' }); // SKY-077, SKY-078

const pop3 = z.strictObject({ host, port: port.default(995), tls, user, password, certificateAuthority: pem })
  .meta({ id: 'Pop3Settings', description: 'How to fetch mails from a POP3 server.' }); // SKY-079

const office365 = z.strictObject({
  tenantId: z.string().min(1).max(TEXT.host).describe('Directory (tenant) ID, or a domain of the tenant.'),
  clientId: z.string().min(1).max(TEXT.clientId).describe('Application (client) ID of the application registered for Inkpost.'),
  clientSecret,
  clientSecretExpiresAt,
  access: z.enum(['delegated', 'application']).describe('delegated: a person signs in once; application: the application by itself.'),
  protocol: z.enum(['imap', 'pop3', 'graph']).default('imap'),
  host: host.default('outlook.office365.com').describe('Not used with graph.'),
  port: port.optional().describe('993 without it, for pop3 995. Not used with graph.'),
  folder,
  certificateAuthority: pem,
}).meta({ id: 'Office365Settings', description: 'How to fetch mails from Microsoft 365, as the address.' }); // SKY-080

const google = z.strictObject({
  clientId: z.string().max(TEXT.clientId).default('').describe('Empty: the client of the installation.'),
  clientSecret,
  clientSecretExpiresAt,
  protocol: z.enum(['imap', 'pop3']).default('imap'),
  host: host.optional().describe('imap.gmail.com without it, for pop3 pop.gmail.com.'),
  port: port.optional().describe('993 without it, for pop3 995.'),
  folder,
  certificateAuthority: pem,
}).meta({ id: 'GoogleSettings', description: 'How to fetch mails from Google Workspace, as the address.' }); // SKY-081

export const mailboxSettings = z.strictObject({
  address: z.string().min(1).max(TEXT.address),
  kind: z.enum(['smtp', 'imap', 'pop3', 'office365', 'google']).describe('smtp: mails come in through Inkpost\'s own listener. For each other kind the settings of its name are given.'),
  queueId: identifier.describe('The queue that its documents go to.'),
  enabled: z.boolean().default(true),
  afterProcessing: z.enum(['keep', 'flag', 'move', 'delete']).default('keep').describe('What happens to a mail on its server once it is processed; by POP3 keep or delete.'),
  processedFolder: z.string().max(TEXT.folder).default('').describe('Where processed mails are moved to.'),
  imap: imap.optional(),
  pop3: pop3.optional(),
  office365: office365.optional(),
  google: google.optional(),
}).meta({ id: 'MailboxSettings' });

/** Without secrets, which are never shown. */
export function toMailboxSettings({ address, kind, queueId, enabled, afterProcessing, processedFolder, ...own }: WireSettings) {
  return {
    address, kind, queueId, enabled, afterProcessing, processedFolder,
    imap: own.imap ? toImap(own.imap) : null,
    pop3: own.pop3 ? toPop3(own.pop3) : null,
    office365: own.office365 ? { tenantId: own.office365.tenantId, access: own.office365.access, ...toProvider(own.office365) } : null,
    google: own.google ? toProvider(own.google) : null,
  };
}

export function fromMailboxSettings({ imap, pop3, office365, google, ...settings }: z.output<typeof mailboxSettings>): MessageInitShape<typeof MailboxSettingsSchema> {
  return {
    ...settings,
    ...(imap ? { imap: given(imap) } : {}),
    ...(pop3 ? { pop3: given(pop3) } : {}),
    ...(office365 ? { office365: fromProvider(office365) } : {}),
    ...(google ? { google: fromProvider(google) } : {}),
  };
}

function toImap({ host, port, tls, user, folder, certificateAuthority }: ImapSettings) {
  return { host, port, tls, user, folder, certificateAuthority };
}

function toPop3({ host, port, tls, user, certificateAuthority }: Pop3Settings) {
  return { host, port, tls, user, certificateAuthority };
}

function toProvider({ clientId, clientSecretExpiresAt, protocol, host, port, folder, certificateAuthority }: Office365Settings | GoogleSettings) {
  return { clientId, clientSecretExpiresAt: toInstant(clientSecretExpiresAt), protocol, host, port, folder, certificateAuthority };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** protobuf tells what is left out from what is there by the absence of its key. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}

function fromProvider<T extends { readonly clientSecretExpiresAt?: string | null | undefined }>({ clientSecretExpiresAt, ...fields }: T) {
  const expiresAt = fromInstant(clientSecretExpiresAt);
  return { ...given(fields), ...(expiresAt ? { clientSecretExpiresAt: expiresAt } : {}) };
}
