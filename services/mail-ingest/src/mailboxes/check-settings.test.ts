import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { MailboxSettingsSchema } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { checkSettings, passwordStays } from './check-settings.js';
import type { ImapSettings } from './mailbox.js';

const imap = { host: 'imap.example.org', port: 993, tls: 'implicit', password: 'secret' };
const base = { address: 'Print@Büro.example', kind: 'imap', queueId: 'queue', enabled: true, imap };
const check = (own: object, ownImap: object = {}) => checkSettings(create(MailboxSettingsSchema, { ...base, ...own, ...('imap' in own ? {} : { imap: { ...imap, ...ownImap } }) }));

describe('the settings of a mailbox', () => {
  it('are completed: the address is the user, INBOX the folder, keep what happens afterwards', () => {
    expect(check({})).toEqual({
      password: 'secret',
      settings: {
        kind: 'imap', address: 'print@xn--bro-hoa.example', queueId: 'queue', enabled: true, afterProcessing: 'keep', processedFolder: '',
        imap: { host: 'imap.example.org', port: 993, tls: 'implicit', user: 'print@xn--bro-hoa.example', folder: 'INBOX', certificateAuthority: '' },
      },
    });
    expect(check({ kind: 'smtp', imap: undefined })).toEqual({ settings: { kind: 'smtp', address: 'print@xn--bro-hoa.example', queueId: 'queue', enabled: true }, password: undefined });
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
    ['processedFolder', { afterProcessing: 'move' }],
    ['processedFolder', { afterProcessing: 'move', processedFolder: 'INBOX' }],
  ])('name the field %s that is wrong in %j', (field, own) => expect(check(own)).toMatchObject({ field }));

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
  ])('name the field %s that is wrong in %j', (field, ownImap) => expect(check({}, ownImap)).toMatchObject({ field }));

  it.each(['192.0.2.1', '2001:db8::1', 'MAIL.example.org'])('may name the server as %s', (host) => expect(check({}, { host })).toMatchObject({ settings: { imap: { host: host.toLowerCase() } } }));
});

describe('a stored password', () => {
  const checked = check({});
  const before = ('settings' in checked ? checked.settings : undefined) as ImapSettings;
  const after = (own: object): ImapSettings => ({ ...before, imap: { ...before.imap, ...own } });

  it('stays when the folder or what happens afterwards changes', () => {
    expect(passwordStays(before, { ...after({ folder: 'Other' }), afterProcessing: 'delete', queueId: 'other' })).toBe(true);
    expect(passwordStays(after({ tls: 'none' }), before)).toBe(true);
  });

  it.each([{ host: 'evil.example' }, { port: 143 }, { user: 'other' }, { tls: 'none' }, { tls: 'starttls' }, { certificateAuthority: 'other' }])('is not sent elsewhere or less safely: %j', (own) => {
    expect(passwordStays(before, after(own))).toBe(false);
  });

  it('does not exist for a mailbox that was of kind smtp', () => {
    const { address, queueId, enabled } = before;
    expect(passwordStays({ kind: 'smtp', address, queueId, enabled }, before)).toBe(false);
  });
});
