import {
  type AfterProcessing, type ClientAccess, type MailboxKind, type MailboxSettings, type MailServer, type OAuthClient, oauthClientOf, type SourceProtocol, type TlsChoice, type WatchedSettings,
} from './mailbox.js';

/** The columns of a mailbox that say how it is set. The database's own checks hold for what is asserted here. */
export interface SettingsRow {
  readonly kind: string;
  readonly address: string;
  readonly queueId: string;
  readonly enabled: boolean;
  readonly afterProcessing: string;
  readonly processedFolder: string;
  readonly protocol: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly tls: string | null;
  readonly login: string | null;
  readonly folder: string | null;
  readonly certificateAuthority: string | null;
  readonly tenantId: string | null;
  readonly clientId: string | null;
  readonly clientAccess: string | null;
  readonly clientSecretExpiresAt: Date | null;
}

export function toSettings(row: SettingsRow): MailboxSettings {
  const { address, queueId, enabled } = row;
  return row.kind === 'smtp' ? { kind: 'smtp', address, queueId, enabled } : toWatchedSettings(row);
}

/** Of a row that isn't of kind smtp. */
export function toWatchedSettings(row: SettingsRow): WatchedSettings {
  const { address, queueId, enabled, processedFolder } = row;
  const fetched = { address, queueId, enabled, afterProcessing: row.afterProcessing as AfterProcessing, processedFolder, server: toServer(row) };
  const client: OAuthClient | undefined = row.clientId === null ? undefined : { clientId: row.clientId, secretExpiresAt: row.clientSecretExpiresAt ?? undefined };
  const kind = row.kind as Exclude<MailboxKind, 'smtp'>;
  if (kind === 'imap' || kind === 'pop3') return { ...fetched, kind };
  if (kind === 'google') return { ...fetched, kind, client };
  return { ...fetched, kind, tenantId: row.tenantId ?? '', access: row.clientAccess as ClientAccess, client: client ?? { clientId: '', secretExpiresAt: undefined } };
}

export function toRow(settings: MailboxSettings): SettingsRow {
  const { kind, address, queueId, enabled } = settings;
  if (kind === 'smtp') return { kind, address, queueId, enabled, afterProcessing: 'keep', processedFolder: '', ...NO_SERVER, ...NO_CLIENT };
  const { afterProcessing, processedFolder, server: { user, ...server } } = settings;
  return { kind, address, queueId, enabled, afterProcessing, processedFolder, ...server, login: user, ...clientColumns(settings) };
}

const NO_SERVER = { protocol: null, host: null, port: null, tls: null, login: null, folder: null, certificateAuthority: null };
const NO_CLIENT = { tenantId: null, clientId: null, clientAccess: null, clientSecretExpiresAt: null };

function toServer(row: SettingsRow): MailServer {
  return {
    protocol: row.protocol as SourceProtocol, host: row.host ?? '', port: row.port ?? 0, tls: row.tls as TlsChoice,
    user: row.login ?? '', folder: row.folder ?? '', certificateAuthority: row.certificateAuthority ?? '',
  };
}

function clientColumns(settings: WatchedSettings) {
  const client = oauthClientOf(settings);
  const tenant = settings.kind === 'office365' ? { tenantId: settings.tenantId, clientAccess: settings.access } : {};
  return { ...NO_CLIENT, ...tenant, ...(client ? { clientId: client.clientId, clientSecretExpiresAt: client.secretExpiresAt ?? null } : {}) };
}
