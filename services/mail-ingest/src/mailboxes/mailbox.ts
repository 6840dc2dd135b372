export const MAILBOX_KINDS = ['smtp', 'imap', 'pop3', 'office365', 'google'] as const;
export type MailboxKind = (typeof MAILBOX_KINDS)[number];

export const TLS_CHOICES = ['implicit', 'starttls', 'none'] as const;
export type TlsChoice = (typeof TLS_CHOICES)[number];

/** What happens to a mail on its server once it is processed: flag sets \Seen and $InkpostDone. */
export const AFTER_PROCESSING = ['keep', 'flag', 'move', 'delete'] as const;
export type AfterProcessing = (typeof AFTER_PROCESSING)[number];

export type SourceProtocol = 'imap' | 'pop3' | 'graph';

/** delegated: a person signs in once; application: the application by itself. */
export const CLIENT_ACCESS = ['delegated', 'application'] as const;
export type ClientAccess = (typeof CLIENT_ACCESS)[number];

/** Where the mails of a mailbox are fetched. Without its secrets, which only its watcher opens. */
export interface MailServer {
  readonly protocol: SourceProtocol;
  /** Of graph, whose address is the installation's, only a name. */
  readonly host: string;
  readonly port: number;
  readonly tls: TlsChoice;
  readonly user: string;
  /** INBOX for POP3, which shows nothing else. */
  readonly folder: string;
  /** PEM of an authority to trust besides the system's; empty: none. */
  readonly certificateAuthority: string;
}

/** Inkpost as an authority knows it (OAuth 2.0, RFC 6749, 2.2). Without its secret. */
export interface OAuthClient {
  readonly clientId: string;
  /** As the administrator gave it. */
  readonly secretExpiresAt: Date | undefined;
}

interface CommonSettings {
  /** Lower case, domain in ASCII. */
  readonly address: string;
  /** The queue that its documents go to. */
  readonly queueId: string;
  readonly enabled: boolean;
}

export interface SmtpSettings extends CommonSettings {
  readonly kind: 'smtp';
}

interface FetchedSettings extends CommonSettings {
  readonly afterProcessing: AfterProcessing;
  /** For move; else empty. */
  readonly processedFolder: string;
  readonly server: MailServer;
}

/** Signs in with a password (SKY-077 to SKY-079). */
export interface PasswordSettings extends FetchedSettings {
  readonly kind: 'imap' | 'pop3';
}

/** SKY-080. */
export interface Office365Settings extends FetchedSettings {
  readonly kind: 'office365';
  /** A GUID or a domain. */
  readonly tenantId: string;
  readonly access: ClientAccess;
  readonly client: OAuthClient;
}

/** SKY-081. */
export interface GoogleSettings extends FetchedSettings {
  readonly kind: 'google';
  /** Undefined: the installation's. */
  readonly client: OAuthClient | undefined;
}

/** A mailbox whose mails are fetched from a server. */
export type WatchedSettings = PasswordSettings | Office365Settings | GoogleSettings;

export type MailboxSettings = SmtpSettings | WatchedSettings;

/** As whom a mailbox asks for tokens; undefined: it signs in with a password, or as the installation's client. */
export function oauthClientOf(settings: WatchedSettings): OAuthClient | undefined {
  return settings.kind === 'office365' || settings.kind === 'google' ? settings.client : undefined;
}

/** The states of a mailbox that is watched; the last three have a time of the next try. */
export const WATCH_STATES = ['connecting', 'connected', 'polling', 'waiting', 'needs-association', 'folder-missing'] as const;
export type WatchStateName = (typeof WATCH_STATES)[number];

/** Something that a mailbox signs in with and that will run out. */
export interface Expiry {
  readonly what: 'client-secret' | 'grant';
  readonly at: Date;
  /** Within the days of warning, or past. */
  readonly soon: boolean;
}

/** How a mailbox is, as it is shown. */
export interface MailboxHealth {
  readonly state: 'listening' | 'disabled' | WatchStateName;
  /** One sentence; empty when healthy. */
  readonly problem: string;
  readonly nextTryAt?: Date;
  readonly lastMessageAt?: Date;
  /** Mails taken in, and mails refused whole, since it exists. */
  readonly received: number;
  readonly refused: number;
  /** The next one first. */
  readonly expires: readonly Expiry[];
}

export interface Mailbox {
  readonly id: string;
  readonly settings: MailboxSettings;
  readonly createdAt: Date;
}

/** What a mail needs to know of the mailbox that it came to. */
export interface ReceivingMailbox {
  readonly id: string;
  readonly address: string;
  readonly queueId: string;
}

/** What a mailbox's password is sealed for. */
export function passwordContext(mailboxId: string): string {
  return `mailbox-password/${mailboxId}`;
}

/** What the secret of a mailbox's OAuth client is sealed for. */
export function clientSecretContext(mailboxId: string): string {
  return `mailbox-client-secret/${mailboxId}`;
}
