import { create, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { MailboxSchema, MailboxSettingsSchema } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { mailbox, toMailbox } from './mailbox.schema.js';
import { fromMailboxSettings, mailboxSettings } from './mailbox-settings.schema.js';

const general = { address: 'print@example.org', queueId: 'queue' };
const secrets = /"(?:password|clientSecret)":/;

/** What the owner is told, and what it would show. */
function thereAndBack(body: object) {
  const settings = create(MailboxSettingsSchema, fromMailboxSettings(mailboxSettings.parse({ ...general, ...body })));
  const shown = mailbox.parse(toMailbox(create(MailboxSchema, { mailboxId: 'id', settings, state: 'connecting', counts: { received: 3 } })));
  return { told: toJson(MailboxSettingsSchema, settings), shown };
}

describe('the settings of a mailbox over REST', () => {
  it.each([
    ['imap', { host: 'imap.example.org', password: 's' }, { host: 'imap.example.org', port: 993, tls: 'implicit', user: '', folder: 'INBOX', certificateAuthority: '' }],
    ['pop3', { host: 'pop.example.org', password: 's' }, { host: 'pop.example.org', port: 995, tls: 'implicit', user: '', certificateAuthority: '' }],
    [
      'office365',
      { tenantId: 'contoso.com', clientId: 'id', clientSecret: 's', clientSecretExpiresAt: '2030-01-02T03:04:05.120Z', access: 'delegated' },
      { tenantId: 'contoso.com', clientId: 'id', clientSecretExpiresAt: '2030-01-02T03:04:05.120Z', access: 'delegated', protocol: 'imap', host: 'outlook.office365.com', port: 0, folder: 'INBOX', certificateAuthority: '' },
    ],
    ['google', {}, { clientId: '', clientSecretExpiresAt: null, protocol: 'imap', host: '', port: 0, folder: 'INBOX', certificateAuthority: '' }],
  ])('of kind %s go to their owner with the secret, and come back without it', (kind, own, shownOwn) => {
    const { told, shown } = thereAndBack({ kind, [kind]: own });
    expect(told).toMatchObject({ ...general, kind, enabled: true, afterProcessing: 'keep', [kind]: own });
    const others = Object.fromEntries(['imap', 'pop3', 'office365', 'google'].map((each) => [each, null]));
    expect(shown).toMatchObject({ ...general, kind, ...others, [kind]: shownOwn, counts: { received: 3, refused: 0 }, expires: [] });
    expect(JSON.stringify(shown)).not.toMatch(secrets);
  });

  it('leave out what was left out: the stored secret stays', () => {
    const { told } = thereAndBack({ kind: 'office365', office365: { tenantId: 'contoso.com', clientId: 'id', access: 'application', clientSecretExpiresAt: null } });
    expect(JSON.stringify(told)).not.toMatch(/clientSecret/);
  });

  it('are refused where a field is unknown', () => {
    expect(mailboxSettings.safeParse({ ...general, kind: 'pop3', pop3: { host: 'h', folder: 'Print' } }).success).toBe(false);
    expect(mailboxSettings.safeParse({ ...general, kind: 'exchange' }).success).toBe(false);
  });
});
