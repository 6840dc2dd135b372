import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { MailboxSettingsSchema } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { checkSettings, credentialsStay, secretField } from './check-settings.js';
import { isProblem } from './field-problem.js';
import type { GoogleSettings, MailboxSettings, Office365Settings, PasswordSettings } from './mailbox.js';

const imap = { host: 'imap.example.org', port: 993, tls: 'implicit', password: 'secret' };
const office365 = { tenantId: '0F0E0D0C-1111-4222-8333-444455556666', clientId: '8a7b', clientSecret: 'value~', access: 'delegated' };
const base = { address: 'Print@Büro.example', kind: 'imap', queueId: 'queue', enabled: true };
const address = 'print@xn--bro-hoa.example';
const general = { address, queueId: 'queue', enabled: true };
const fetched = { ...general, afterProcessing: 'keep', processedFolder: '' };

const check = (own: object, isOffered = () => true) => checkSettings(create(MailboxSettingsSchema, { ...base, ...own }), isOffered);
const checkImap = (own: object) => check({ imap: { ...imap, ...own } });
const checkOffice = (own: object, general: object = {}) => check({ kind: 'office365', office365: { ...office365, ...own }, ...general });
const checkGoogle = (google: object) => check({ kind: 'google', google });

function settingsOf(checked: ReturnType<typeof check>): MailboxSettings {
  if (isProblem(checked)) throw new Error(`${checked.field} ${checked.reason}`);
  return checked.settings;
}

describe('the settings of a mailbox', () => {
  it('by IMAP are completed: the address is the user, INBOX the folder, keep what happens afterwards', () => {
    expect(checkImap({})).toEqual({
      secret: 'secret',
      settings: { ...fetched, kind: 'imap', server: { protocol: 'imap', host: 'imap.example.org', port: 993, tls: 'implicit', user: address, folder: 'INBOX', certificateAuthority: '' } },
    });
  });

  it('by SMTP need nothing else', () => expect(check({ kind: 'smtp' })).toEqual({ settings: { ...general, kind: 'smtp' }, secret: undefined }));

  it('by POP3 are those of IMAP without a folder', () => {
    expect(check({ kind: 'pop3', pop3: { ...imap, port: 995, user: 'print' }, afterProcessing: 'delete' })).toEqual({
      secret: 'secret',
      settings: { ...fetched, kind: 'pop3', afterProcessing: 'delete', server: { protocol: 'pop3', host: 'imap.example.org', port: 995, tls: 'implicit', user: 'print', folder: 'INBOX', certificateAuthority: '' } },
    });
  });

  it('for Office 365 know its servers, and keep what was said of the secret', () => {
    const clientSecretExpiresAt = timestampFromDate(new Date('2030-01-02T03:04:05Z'));
    expect(checkOffice({ clientSecretExpiresAt, folder: 'Print' })).toEqual({
      secret: 'value~',
      settings: {
        ...fetched, kind: 'office365', tenantId: office365.tenantId.toLowerCase(), access: 'delegated', client: { clientId: '8a7b', secretExpiresAt: new Date('2030-01-02T03:04:05Z') },
        server: { protocol: 'imap', host: 'outlook.office365.com', port: 993, tls: 'implicit', user: address, folder: 'Print', certificateAuthority: '' },
      },
    });
    expect(checkOffice({ protocol: 'pop3', access: 'application', tenantId: 'contoso.onmicrosoft.com' })).toMatchObject({ settings: { tenantId: 'contoso.onmicrosoft.com', server: { protocol: 'pop3', port: 995, folder: 'INBOX' } } });
    expect(checkOffice({ protocol: 'graph', host: 'evil.example', port: 1 })).toMatchObject({ settings: { server: { protocol: 'graph', host: 'outlook.office365.com', port: 443 } } });
  });

  it('for Google are complete with nothing said: then the client is the installation\'s', () => {
    expect(check({ kind: 'google' })).toEqual({
      secret: undefined,
      settings: { ...fetched, kind: 'google', client: undefined, server: { protocol: 'imap', host: 'imap.gmail.com', port: 993, tls: 'implicit', user: address, folder: 'INBOX', certificateAuthority: '' } },
    });
    expect(checkGoogle({ protocol: 'pop3', clientId: 'x.apps.googleusercontent.com', clientSecret: 's' })).toMatchObject({
      secret: 's', settings: { client: { clientId: 'x.apps.googleusercontent.com', secretExpiresAt: undefined }, server: { host: 'pop.gmail.com', port: 995 } },
    });
  });

  it('are refused for what is not offered', () => {
    const nothing = () => false;
    expect(check({ imap }, nothing)).toEqual({ field: 'kind', reason: 'imap is not offered' });
    expect(check({ kind: 'office365', office365 }, nothing)).toEqual({ field: 'office365.protocol', reason: 'imap is not offered' });
    expect(check({ kind: 'smtp' }, nothing)).toHaveProperty('settings');
  });

  it.each([
    ['address', { address: 'nobody' }],
    ['address', { address: 'a@example.org, b@example.org' }],
    ['kind', { kind: 'pop4' }],
    ['queueId', { queueId: ' ' }],
    ['queueId', { queueId: 'two\nlines' }],
    ['afterProcessing', { afterProcessing: 'shred' }],
    ['afterProcessing', { kind: 'smtp', imap: undefined, afterProcessing: 'delete' }],
    ['imap', { imap: undefined }],
    ['imap', { kind: 'smtp' }],
    ['imap', { kind: 'google' }],
    ['office365', { office365 }],
    ['office365', { kind: 'office365', imap: undefined }],
    ['pop3', { kind: 'pop3', imap: undefined }],
    ['processedFolder', { afterProcessing: 'move' }],
    ['processedFolder', { afterProcessing: 'move', processedFolder: 'INBOX' }],
    ['afterProcessing', { kind: 'pop3', imap: undefined, pop3: imap, afterProcessing: 'flag' }],
    ['afterProcessing', { kind: 'office365', imap: undefined, office365: { ...office365, protocol: 'pop3' }, afterProcessing: 'move', processedFolder: 'Printed' }],
  ])('name the field %s that is wrong in %j', (field, own) => expect(check({ imap, ...own })).toMatchObject({ field }));

  it.each([
    ['imap.host', { host: '' }],
    ['imap.host', { host: 'imap.example.org:993' }],
    ['imap.host', { host: 'a b' }],
    ['imap.port', { port: 0 }],
    ['imap.port', { port: 70_000 }],
    ['imap.tls', { tls: '' }],
    ['imap.user', { user: 'a\r\nb' }],
    ['imap.password', { password: '' }],
    ['imap.password', { password: 'x'.repeat(2_000) }],
    ['imap.folder', { folder: 'x'.repeat(300) }],
    ['imap.certificateAuthority', { certificateAuthority: 'not a certificate' }],
  ])('name the field %s that is wrong in %j', (field, own) => expect(checkImap(own)).toMatchObject({ field }));

  it.each([
    ['office365.tenantId', { tenantId: '' }],
    ['office365.tenantId', { tenantId: '../common' }],
    ['office365.clientId', { clientId: '' }],
    ['office365.clientId', { clientId: 'with space' }],
    ['office365.clientSecret', { clientSecret: '' }],
    ['office365.clientSecret', { clientSecret: ' copied with a space' }],
    ['office365.access', { access: '' }],
    ['office365.protocol', { protocol: 'mapi' }],
    ['office365.host', { host: 'a b' }],
    ['office365.folder', { protocol: 'pop3', folder: 'Print' }],
  ])('name the field %s that is wrong in %j', (field, own) => expect(checkOffice(own)).toMatchObject({ field }));

  it.each([
    ['google.protocol', { protocol: 'graph' }],
    ['google.clientId', { clientSecret: 'of whom?' }],
    ['google.clientId', { clientId: 'ü' }],
    ['google.clientSecret', { clientId: 'id', clientSecret: '' }],
  ])('name the field %s that is wrong in %j', (field, own) => expect(checkGoogle(own)).toMatchObject({ field }));

  it.each(['192.0.2.1', '2001:db8::1', 'MAIL.example.org'])('may name the server as %s', (host) => expect(checkImap({ host })).toMatchObject({ settings: { server: { host: host.toLowerCase() } } }));

  it('know the inbox in whatever case it is written', () => expect(checkImap({ folder: 'Inbox' })).toMatchObject({ settings: { server: { folder: 'INBOX' } } }));

  it('say which secret they need', () => {
    const fields = [check({ kind: 'smtp' }), checkImap({}), check({ kind: 'pop3', pop3: imap }), checkOffice({}), checkGoogle({ clientId: 'own' }), checkGoogle({})].map((checked) => secretField(settingsOf(checked)));
    expect(fields).toEqual([undefined, 'imap.password', 'pop3.password', 'office365.clientSecret', 'google.clientSecret', undefined]);
  });
});

describe('what is stored to sign in with', () => {
  const before = settingsOf(checkImap({})) as PasswordSettings;
  const office = settingsOf(checkOffice({})) as Office365Settings;
  const google = settingsOf(checkGoogle({})) as GoogleSettings;
  const at = <T extends PasswordSettings | Office365Settings | GoogleSettings>(settings: T, own: object): T => ({ ...settings, server: { ...settings.server, ...own } });

  it('stays when the folder or what happens afterwards changes', () => {
    expect(credentialsStay(before, { ...at(before, { folder: 'Other' }), afterProcessing: 'delete', queueId: 'other' })).toBe(true);
    expect(credentialsStay(at(before, { tls: 'none' }), before)).toBe(true);
    expect(credentialsStay(office, { ...at(office, { folder: 'Other' }), client: { ...office.client, secretExpiresAt: new Date() } })).toBe(true);
    expect(credentialsStay(google, at(google, { folder: 'Other' }))).toBe(true);
  });

  it.each([{ host: 'evil.example' }, { port: 143 }, { user: 'other' }, { tls: 'none' }, { tls: 'starttls' }, { certificateAuthority: 'other' }])('is not sent elsewhere or less safely: %j', (own) => {
    expect(credentialsStay(before, at(before, own))).toBe(false);
    expect(credentialsStay(office, at(office, own))).toBe(false);
    expect(credentialsStay(google, at(google, own))).toBe(false);
  });

  it('is not used in another tenant, as another client, or for another access', () => {
    const client = { clientId: 'other', secretExpiresAt: undefined };
    for (const own of [{ tenantId: 'evil.example' }, { client }, { access: 'application' as const }]) expect(credentialsStay(office, { ...office, ...own })).toBe(false);
    expect(credentialsStay(google, { ...google, client })).toBe(false);
  });

  it('is not used for another kind', () => {
    expect(credentialsStay(before, { ...before, kind: 'pop3' })).toBe(false);
    expect(credentialsStay({ kind: 'smtp', address, queueId: 'queue', enabled: true }, before)).toBe(false);
    expect(credentialsStay(office, { ...google, server: office.server })).toBe(false);
  });
});
