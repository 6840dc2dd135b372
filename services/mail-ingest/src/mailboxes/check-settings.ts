import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { GoogleSettings as WireGoogle, MailboxSettings as WireSettings, Office365Settings as WireOffice365 } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { parseDomain, parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { CLIENT_ID_CHARACTERS_MAX, CLIENT_SECRET_CHARACTERS_MAX, FOLDER_CHARACTERS_MAX, PASSWORD_CHARACTERS_MAX, QUEUE_ID_CHARACTERS_MAX } from '../limits.js';
import { checkServer } from './check-server.js';
import { type Checked, isLine, isProblem, problem } from './field-problem.js';
import {
  AFTER_PROCESSING, type AfterProcessing, CLIENT_ACCESS, type GoogleSettings, MAILBOX_KINDS, type MailboxKind, type MailboxSettings, type MailServer, type OAuthClient, oauthClientOf,
  type Office365Settings, type PasswordSettings, type SourceProtocol,
} from './mailbox.js';

export interface CheckedSettings {
  readonly settings: MailboxSettings;
  /** Password or client secret, given anew; undefined: the stored one stays, or none is needed. */
  readonly secret: string | undefined;
}

/** Whether mails of this kind of mailbox can be fetched by this protocol. */
export type IsOffered = (kind: MailboxKind, protocol: SourceProtocol) => boolean;

type KindSettings =
  | Pick<PasswordSettings, 'kind' | 'server'>
  | Pick<Office365Settings, 'kind' | 'server' | 'tenantId' | 'access' | 'client'>
  | Pick<GoogleSettings, 'kind' | 'server' | 'client'>;

interface CheckedKind {
  readonly own: KindSettings;
  readonly secret: string | undefined;
}

const SETTINGS_OF_KINDS = ['imap', 'pop3', 'office365', 'google'] as const;

/** Wire -> domain, with what may be left out filled in: keep, INBOX, the address as user, the provider's servers. */
export function checkSettings(wire: WireSettings, isOffered: IsOffered): Checked<CheckedSettings> {
  const address = parseMailAddress(wire.address.trim())?.text;
  if (address === undefined) return problem('address', 'must be one e-mail address, for example print@example.org');
  const kind = MAILBOX_KINDS.find((name) => name === wire.kind);
  if (!kind) return problem('kind', `must be one of ${MAILBOX_KINDS.join(', ')}`);
  const queueId = wire.queueId.trim();
  if (!isLine(queueId, QUEUE_ID_CHARACTERS_MAX)) return problem('queueId', 'must be the identifier of the queue that the documents go to');
  const afterProcessing = AFTER_PROCESSING.find((name) => name === (wire.afterProcessing || 'keep'));
  if (!afterProcessing) return problem('afterProcessing', `must be one of ${AFTER_PROCESSING.join(', ')}`);
  const foreign = SETTINGS_OF_KINDS.find((name) => name !== kind && wire[name]);
  if (foreign) return problem(foreign, `is for kind ${foreign}; leave it out`);
  const general = { address, queueId, enabled: wire.enabled };
  if (kind === 'smtp') {
    if (afterProcessing !== 'keep') return problem('afterProcessing', 'must be keep: what comes in by SMTP lies on no server');
    return { settings: { ...general, kind }, secret: undefined };
  }
  const checked = checkKind(kind, wire, address);
  if (isProblem(checked)) return checked;
  const { own, secret } = checked;
  if (!isOffered(kind, own.server.protocol)) return kind === own.server.protocol ? problem('kind', `${kind} is not offered`) : problem(`${kind}.protocol`, `${own.server.protocol} is not offered`);
  const after = checkAfterProcessing(afterProcessing, wire.processedFolder, own.server);
  return isProblem(after) ? after : { settings: { ...general, ...after, ...own }, secret };
}

/** The field of the secret that these settings need; undefined: none. */
export function secretField(settings: MailboxSettings): string | undefined {
  if (settings.kind === 'imap' || settings.kind === 'pop3') return `${settings.kind}.password`;
  return settings.kind !== 'smtp' && oauthClientOf(settings) ? `${settings.kind}.clientSecret` : undefined;
}

/**
 * Whether what is stored to sign in with (password, client secret, a person's grant) may be used with these settings. Not at another
 * server, for another user or as another client: whoever may change settings but doesn't know the secret could have it, or a token
 * got with it, sent to himself.
 */
export function credentialsStay(before: MailboxSettings, after: MailboxSettings): boolean {
  if (before.kind === 'smtp' || after.kind === 'smtp' || before.kind !== after.kind) return false;
  const [old, next] = [before.server, after.server];
  const sameServer = old.host === next.host && old.port === next.port && old.user === next.user && (old.tls === next.tls || next.tls === 'implicit') && old.certificateAuthority === next.certificateAuthority;
  return sameServer && clientOf(before) === clientOf(after);
}

/** A client is who it is for one authority; what it may do alone differs from what it may do for a person. */
function clientOf(settings: MailboxSettings): string {
  if (settings.kind === 'office365') return `${settings.tenantId} ${settings.client.clientId} ${settings.access}`;
  return settings.kind === 'google' ? (settings.client?.clientId ?? '') : '';
}

function checkKind(kind: Exclude<MailboxKind, 'smtp'>, wire: WireSettings, address: string): Checked<CheckedKind> {
  if (kind === 'office365') return wire.office365 ? checkOffice365(wire.office365, address) : problem('office365', 'is missing: tenant, client and its secret, access');
  // The installation's client and Google's own servers: nothing need be said.
  if (kind === 'google') return checkGoogle(wire.google, address);
  const given = kind === 'imap' ? wire.imap : wire.pop3;
  if (!given) return problem(kind, 'is missing: server, port, TLS, password');
  return checkPassword(kind, checkServer(kind, { folder: '', ...given, protocol: kind }, address), given.password);
}

function checkPassword(kind: 'imap' | 'pop3', server: Checked<MailServer>, password: string | undefined): Checked<CheckedKind> {
  if (isProblem(server)) return server;
  if (password !== undefined && !isLine(password, PASSWORD_CHARACTERS_MAX)) return problem(`${kind}.password`, `must have 1 to ${PASSWORD_CHARACTERS_MAX} characters without line breaks`);
  return { own: { kind, server }, secret: password };
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const OFFICE365_PROTOCOLS = ['imap', 'pop3', 'graph'] as const;
const GOOGLE_PROTOCOLS = ['imap', 'pop3'] as const;
const SECURE_PORTS: Readonly<Record<SourceProtocol, number>> = { imap: 993, pop3: 995, graph: 443 };
const OFFICE365_HOST = 'outlook.office365.com';
const GOOGLE_HOSTS: Readonly<Record<(typeof GOOGLE_PROTOCOLS)[number], string>> = { imap: 'imap.gmail.com', pop3: 'pop.gmail.com' };

function checkOffice365(wire: WireOffice365, address: string): Checked<CheckedKind> {
  const kind = 'office365';
  const tenantId = wire.tenantId.trim().toLowerCase();
  if (!GUID.test(tenantId) && parseDomain(tenantId) === undefined) return problem('office365.tenantId', 'must be the directory (tenant) ID that the Entra admin center shows, or a domain of the tenant');
  const access = CLIENT_ACCESS.find((name) => name === wire.access);
  if (!access) return problem('office365.access', `must be one of ${CLIENT_ACCESS.join(', ')}`);
  const protocol = OFFICE365_PROTOCOLS.find((name) => name === (wire.protocol || 'imap'));
  if (!protocol) return problem('office365.protocol', `must be one of ${OFFICE365_PROTOCOLS.join(', ')}`);
  const client = checkClient(kind, wire);
  if (isProblem(client)) return client;
  // Graph's address is the installation's: what is said here would be used by nobody.
  const place = protocol === 'graph' ? { host: OFFICE365_HOST, port: SECURE_PORTS.graph } : { host: wire.host || OFFICE365_HOST, port: wire.port || SECURE_PORTS[protocol] };
  const server = checkServer(kind, { ...wire, ...place, protocol, tls: 'implicit', user: '' }, address);
  return isProblem(server) ? server : { own: { kind, server, tenantId, access, client }, secret: wire.clientSecret };
}

function checkGoogle(wire: WireGoogle | undefined, address: string): Checked<CheckedKind> {
  const kind = 'google';
  const protocol = GOOGLE_PROTOCOLS.find((name) => name === (wire?.protocol || 'imap'));
  if (!protocol) return problem('google.protocol', `must be one of ${GOOGLE_PROTOCOLS.join(', ')}`);
  const ownClient = wire !== undefined && wire.clientId !== '';
  if (wire?.clientSecret !== undefined && !ownClient) return problem('google.clientId', 'is missing: a secret belongs to a client; leave both out for the installation\'s');
  const client = ownClient ? checkClient(kind, wire) : undefined;
  if (client && isProblem(client)) return client;
  const { folder = '', certificateAuthority = '' } = wire ?? {};
  const place = { host: wire?.host || GOOGLE_HOSTS[protocol], port: wire?.port || SECURE_PORTS[protocol] };
  const server = checkServer(kind, { folder, certificateAuthority, ...place, protocol, tls: 'implicit', user: '' }, address);
  return isProblem(server) ? server : { own: { kind, server, client }, secret: wire?.clientSecret };
}

function checkClient(kind: 'office365' | 'google', { clientId, clientSecret, clientSecretExpiresAt }: Pick<WireOffice365, 'clientId' | 'clientSecret' | 'clientSecretExpiresAt'>): Checked<OAuthClient> {
  // Printable ASCII (RFC 6749, A.1); a space in it is one too many of a copy.
  if (!/^[\x21-\x7e]+$/.test(clientId) || clientId.length > CLIENT_ID_CHARACTERS_MAX) return problem(`${kind}.clientId`, 'must be the application (client) ID, without spaces');
  if (clientSecret !== undefined && !(isLine(clientSecret, CLIENT_SECRET_CHARACTERS_MAX) && clientSecret.trim() === clientSecret)) {
    return problem(`${kind}.clientSecret`, `must be the value of the client secret, 1 to ${CLIENT_SECRET_CHARACTERS_MAX} characters without spaces around them`);
  }
  return { clientId, secretExpiresAt: clientSecretExpiresAt && timestampDate(clientSecretExpiresAt) };
}

function checkAfterProcessing(afterProcessing: AfterProcessing, folder: string, server: MailServer): Checked<{ afterProcessing: AfterProcessing; processedFolder: string }> {
  if (server.protocol === 'pop3' && afterProcessing !== 'keep' && afterProcessing !== 'delete') return problem('afterProcessing', 'must be keep or delete: POP3 has no flags and no folders');
  const processedFolder = afterProcessing === 'move' ? folder : '';
  if (afterProcessing === 'move' && !isLine(processedFolder, FOLDER_CHARACTERS_MAX)) return problem('processedFolder', 'must name the folder that processed mails are moved to');
  if (processedFolder === server.folder) return problem('processedFolder', 'must be another folder than the watched one');
  return { afterProcessing, processedFolder };
}
