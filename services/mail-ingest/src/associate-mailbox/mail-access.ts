import type { GoogleSettings, MailboxSettings, Office365Settings, SourceProtocol } from '../mailboxes/mailbox.js';

/** Settings of a mailbox that signs in with tokens. */
export type TokenSettings = Office365Settings | GoogleSettings;

export function signsInWithToken(settings: MailboxSettings): settings is TokenSettings {
  return settings.kind === 'office365' || settings.kind === 'google';
}

/** The application reads mails by itself: nobody consents in person. */
export function isApplication(settings: TokenSettings): boolean {
  return settings.kind === 'office365' && settings.access === 'application';
}

/** The addresses of an installation's authorities and of Graph. */
export interface CloudPlaces {
  readonly office365Authority: string;
  readonly graphUrl: string;
}

interface ExchangeNames {
  /** Of permissions that a person grants, and of those that an application has. */
  readonly delegated: string;
  readonly application: string;
}

/** What Exchange Online is called in permissions, by the host of the cloud's authority ("Authenticate an IMAP, POP or SMTP connection using OAuth"). */
const EXCHANGE: Readonly<Record<string, ExchangeNames>> = {
  'login.microsoftonline.us': { delegated: 'https://outlook.office365.us', application: 'https://outlook.office365.us' },
  'login.chinacloudapi.cn': { delegated: 'https://partner.outlook.cn', application: 'https://partner.outlook.cn' },
  'login.partner.microsoftonline.cn': { delegated: 'https://partner.outlook.cn', application: 'https://partner.outlook.cn' },
};
const EXCHANGE_WORLDWIDE: ExchangeNames = { delegated: 'https://outlook.office.com', application: 'https://outlook.office365.com' };

const EXCHANGE_PERMISSIONS: Readonly<Record<Exclude<SourceProtocol, 'graph'>, string>> = { imap: 'IMAP.AccessAsUser.All', pop3: 'POP.AccessAsUser.All' };

/** Who signed in, and that a refresh token is given (OpenID Connect Core, 5.4 and 11). */
const ABOUT_THE_PERSON = ['openid', 'profile', 'email'];

/** What is asked for, no more than the mailbox's protocol needs (SKY-133). An application is given what was granted to it, whole. */
export function scopesFor(settings: TokenSettings, { office365Authority, graphUrl }: CloudPlaces): readonly string[] {
  if (settings.kind === 'google') return [...ABOUT_THE_PERSON, 'https://mail.google.com/'];
  const { protocol } = settings.server;
  const exchange = EXCHANGE[new URL(office365Authority).hostname] ?? EXCHANGE_WORLDWIDE;
  const graph = graphUrl.replace(/\/$/, '');
  if (settings.access === 'application') return [`${protocol === 'graph' ? graph : exchange.application}/.default`];
  const permission = protocol === 'graph' ? `${graph}/Mail.ReadWrite` : `${exchange.delegated}/${EXCHANGE_PERMISSIONS[protocol]}`;
  return [...ABOUT_THE_PERSON, 'offline_access', permission];
}

/**
 * What a consent holds for, as a text: with other settings it is not used. Else whoever may change settings, but is not the mailbox's
 * owner, could have its tokens sent to a server of his own.
 */
export function consentBinding(settings: TokenSettings, clientId: string): string {
  const { address, kind, server: { protocol, host, port, user, certificateAuthority } } = settings;
  return JSON.stringify([kind, address, settings.kind === 'office365' ? settings.tenantId : '', clientId, protocol, host, port, user, certificateAuthority]);
}
