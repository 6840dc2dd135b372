import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { MailboxCanarySchema, MailboxSchema, MailboxSettingsSchema } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { type Canary, canaryProblem, canaryState, latencyMs } from '../canary/canary.js';
import type { Mailbox, MailboxHealth, MailboxSettings, OAuthClient } from './mailbox.js';

/** How a mailbox is, from inside and from outside. */
export interface ShownHealth {
  readonly health: MailboxHealth | undefined;
  /** The latest that says something; undefined: there is none. */
  readonly canary: Canary | undefined;
}

/** Domain -> wire. Without secrets, which never leave. */
export function toWireMailbox({ id, settings, createdAt }: Mailbox, { health, canary }: ShownHealth, now: Date): MessageInitShape<typeof MailboxSchema> {
  const { state = '', problem = '', nextTryAt, lastMessageAt, received = 0, refused = 0, expires = [] } = health ?? {};
  return {
    mailboxId: id,
    settings: toWireSettings(settings),
    state,
    problem: problem === '' && canary && settings.enabled ? canaryProblem(canary, now) : problem,
    createdAt: timestampFromDate(createdAt),
    ...(nextTryAt ? { nextTryAt: timestampFromDate(nextTryAt) } : {}),
    ...(lastMessageAt ? { lastMessageAt: timestampFromDate(lastMessageAt) } : {}),
    counts: { received, refused },
    expires: expires.map(({ what, at, soon }) => ({ what, at: timestampFromDate(at), soon })),
    ...(canary ? { canary: toWireCanary(canary, now) } : {}),
  };
}

function toWireCanary(canary: Canary, now: Date): MessageInitShape<typeof MailboxCanarySchema> {
  const { requestedAt, receivedAt } = canary;
  return { state: canaryState(canary, now), requestedAt: timestampFromDate(requestedAt), ...(receivedAt ? { latencyMs: Math.round(latencyMs({ requestedAt, receivedAt })) } : {}) };
}

function toWireSettings(settings: MailboxSettings): MessageInitShape<typeof MailboxSettingsSchema> {
  const { address, kind, queueId, enabled } = settings;
  if (kind === 'smtp') return { address, kind, queueId, enabled, afterProcessing: 'keep', processedFolder: '' };
  const { afterProcessing, processedFolder } = settings;
  return { address, kind, queueId, enabled, afterProcessing, processedFolder, ...ofKind(settings) };
}

function ofKind(settings: Exclude<MailboxSettings, { kind: 'smtp' }>): Partial<MessageInitShape<typeof MailboxSettingsSchema>> {
  const { protocol, host, port, tls, user, folder, certificateAuthority } = settings.server;
  const provider = { protocol, host, port, folder, certificateAuthority };
  if (settings.kind === 'office365') return { office365: { tenantId: settings.tenantId, access: settings.access, ...toWireClient(settings.client), ...provider } };
  if (settings.kind === 'google') return { google: { ...(settings.client ? toWireClient(settings.client) : {}), ...provider } };
  return settings.kind === 'imap' ? { imap: { host, port, tls, user, folder, certificateAuthority } } : { pop3: { host, port, tls, user, certificateAuthority } };
}

function toWireClient({ clientId, secretExpiresAt }: OAuthClient) {
  return { clientId, ...(secretExpiresAt ? { clientSecretExpiresAt: timestampFromDate(secretExpiresAt) } : {}) };
}
