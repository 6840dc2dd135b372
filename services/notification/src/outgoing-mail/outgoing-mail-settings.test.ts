import { describe, expect, it } from 'vitest';
import { checkSettings, type WantedSettings } from './outgoing-mail-settings.js';

const good: WantedSettings = {
  host: 'smtp.example.org', port: 587, tls: 'starttls', user: 'print', password: 'secret', fromAddress: 'print@example.org', fromName: 'Print service', language: 'fr', certificateAuthority: '',
};

describe('the settings of the outgoing mail server', () => {
  it.each<[Partial<WantedSettings>]>([[{}], [{ host: '192.0.2.1' }], [{ host: '2001:db8::1' }], [{ host: 'localhost' }], [{ port: 25, tls: 'none', user: '', password: undefined }], [{ tls: 'implicit', language: 'en', fromName: '' }]])(
    'are taken: %j', (more) => expect(checkSettings({ ...good, ...more })).toEqual({ ...good, ...more }));

  it.each<[string, Partial<WantedSettings>]>([
    ['host', { host: '' }], ['host', { host: 'smtp example' }], ['host', { host: 'smtp.example.org/path' }], ['host', { host: 'smtp://example.org' }], ['host', { host: '-a.example' }], ['host', { host: 'a.'.repeat(200) }],
    ['port', { port: 0 }], ['port', { port: 65_536 }], ['port', { port: 2.5 }],
    ['tls', { tls: '' }], ['tls', { tls: 'ssl' }],
    ['user', { user: 'a\r\nb' }], ['user', { user: 'a'.repeat(321) }], ['password', { password: 'a'.repeat(1_025) }],
    ['fromAddress', { fromAddress: '' }], ['fromAddress', { fromAddress: 'Print <print@example.org>' }], ['fromAddress', { fromAddress: 'a@example.org\r\nBcc: b@example.org' }], ['fromAddress', { fromAddress: 'a@b@example.org' }],
    ['fromName', { fromName: 'Print\r\nBcc: b@example.org' }], ['fromName', { fromName: 'a'.repeat(101) }],
    ['language', { language: 'de' }],
    ['certificateAuthority', { certificateAuthority: 'not a certificate' }], ['certificateAuthority', { certificateAuthority: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }], ['certificateAuthority', { certificateAuthority: 'a'.repeat(70_000) }],
  ])('are refused for their %s', (field, more) => expect(checkSettings({ ...good, ...more })).toMatchObject({ field, reason: expect.stringMatching(/^must /u) as string }));
});
