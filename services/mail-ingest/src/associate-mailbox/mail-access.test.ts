import { describe, expect, it } from 'vitest';
import type { GoogleSettings, Office365Settings, SourceProtocol } from '../mailboxes/mailbox.js';
import { consentBinding, scopesFor } from './mail-access.js';

const worldwide = { office365Authority: 'https://login.microsoftonline.com', graphUrl: 'https://graph.microsoft.com' };
const china = { office365Authority: 'https://login.partner.microsoftonline.cn/', graphUrl: 'https://microsoftgraph.chinacloudapi.cn/' };
const server = { protocol: 'imap' as SourceProtocol, host: 'outlook.office365.com', port: 993, tls: 'implicit' as const, user: 'print@test.example', folder: 'INBOX', certificateAuthority: '' };
const common = { address: 'print@test.example', queueId: 'lobby', enabled: true, afterProcessing: 'keep' as const, processedFolder: '', server };

function office365(protocol: SourceProtocol, access: Office365Settings['access'] = 'delegated'): Office365Settings {
  return { ...common, kind: 'office365', tenantId: 'tenant', access, client: { clientId: 'client', secretExpiresAt: undefined }, server: { ...server, protocol } };
}
const google: GoogleSettings = { ...common, kind: 'google', client: undefined };

describe('what is asked for', () => {
  it.each([
    ['IMAP', office365('imap'), worldwide, 'openid profile email offline_access https://outlook.office.com/IMAP.AccessAsUser.All'],
    ['POP3', office365('pop3'), worldwide, 'openid profile email offline_access https://outlook.office.com/POP.AccessAsUser.All'],
    ['Graph', office365('graph'), worldwide, 'openid profile email offline_access https://graph.microsoft.com/Mail.ReadWrite'],
    ['IMAP as an application', office365('imap', 'application'), worldwide, 'https://outlook.office365.com/.default'],
    ['Graph as an application', office365('graph', 'application'), worldwide, 'https://graph.microsoft.com/.default'],
    ['IMAP in a national cloud', office365('imap'), china, 'openid profile email offline_access https://partner.outlook.cn/IMAP.AccessAsUser.All'],
    ['Graph in a national cloud', office365('graph'), china, 'openid profile email offline_access https://microsoftgraph.chinacloudapi.cn/Mail.ReadWrite'],
    ['Google', google, worldwide, 'openid profile email https://mail.google.com/'],
  ])('for %s is no more than it needs', (_name, settings, places, scopes) => {
    expect(scopesFor(settings, places).join(' ')).toBe(scopes);
  });
});

describe('a consent', () => {
  const before = office365('imap');
  it.each([
    ['another server', { ...before, server: { ...server, host: 'imap.evil.example' } }],
    ['another port', { ...before, server: { ...server, port: 9993 } }],
    ['another authority of certificates', { ...before, server: { ...server, certificateAuthority: 'PEM' } }],
    ['another tenant', { ...before, tenantId: 'other' }],
    ['another address', { ...before, address: 'boss@test.example' }],
    ['another protocol', office365('pop3')],
  ])('does not hold for %s', (_name, after) => {
    expect(consentBinding(after, 'client')).not.toBe(consentBinding(before, 'client'));
  });

  it('does not hold for another client, and holds for another folder or queue', () => {
    expect(consentBinding(before, 'other')).not.toBe(consentBinding(before, 'client'));
    expect(consentBinding({ ...before, queueId: 'hall', server: { ...server, folder: 'Print' } }, 'client')).toBe(consentBinding(before, 'client'));
  });
});
