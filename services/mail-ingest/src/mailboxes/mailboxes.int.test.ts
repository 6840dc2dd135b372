import { Code, ConnectError } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { MailIngestHarness, type Replica } from '../mail-ingest.harness.js';

let harness: MailIngestHarness;
let replica: Replica;

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  replica = await harness.startReplica();
});
afterAll(() => harness.stop());

const DAY_MS = 86_400_000;
const imap = { host: 'imap.example.org', port: 993, tls: 'implicit', password: 'very-secret' };
const settings = (address: string, own: object = {}) => ({ address, kind: 'imap', queueId: 'queue', enabled: false, imap, ...own });

async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined }> {
  const error = await call.then(() => undefined, (reason: unknown) => ConnectError.from(reason));
  if (!error) throw new Error('the call was not refused');
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field };
}

describe('mailboxes', () => {
  it('are made, shown without their password, changed and deleted', async () => {
    const { mailbox: made } = await replica.mailboxes.createMailbox({ settings: settings('One@Example.org') });
    const mailboxId = made?.mailboxId ?? '';
    expect(made).toMatchObject({ state: 'disabled', problem: '', settings: { address: 'one@example.org', kind: 'imap', afterProcessing: 'keep', imap: { host: 'imap.example.org', user: 'one@example.org', folder: 'INBOX' } } });
    const listed = await replica.mailboxes.listMailboxes({});
    expect(listed.mailboxes.map(({ settings }) => settings?.address)).toEqual(['one@example.org']);
    expect(listed.mailboxes[0]?.settings?.imap?.password).toBeUndefined();
    const { mailbox: changed } = await replica.mailboxes.updateMailbox({ mailboxId, settings: settings('one@example.org', { queueId: 'other', imap: { ...imap, password: undefined } }) });
    expect(changed?.settings?.queueId).toBe('other');
    await replica.mailboxes.deleteMailbox({ mailboxId });
    expect((await replica.mailboxes.listMailboxes({})).mailboxes).toEqual([]);
  });

  it('keep their password sealed, for themselves alone', async () => {
    await replica.mailboxes.createMailbox({ settings: settings('sealed@example.org') });
    const { rows } = await harness.superuser.query<{ id: string; sealed_password: Buffer; row: string }>("SELECT id, sealed_password, mailbox::text AS row FROM mail_ingest.mailbox WHERE address = 'sealed@example.org'");
    expect(rows[0]?.sealed_password.length).toBeGreaterThan('very-secret'.length);
    expect(`${rows[0]?.row} ${rows[0]?.sealed_password.toString('latin1')}`).not.toContain('very-secret');
  });

  it('have an address each, and a folder each', async () => {
    await replica.mailboxes.createMailbox({ settings: settings('twin@example.org') });
    const sameAddress = await refusal(replica.mailboxes.createMailbox({ settings: { address: 'TWIN@example.org', kind: 'smtp', queueId: 'queue', enabled: true } }));
    expect(sameAddress.code).toBe(Code.AlreadyExists);
    await expect(replica.mailboxes.createMailbox({ settings: settings('other@example.org', { imap: { ...imap, user: 'twin@example.org' } }) })).rejects.toThrow('Another mailbox watches this folder');
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: settings('other@example.org', { imap: { ...imap, user: 'twin@example.org', folder: 'Other' } }) });
    expect((await refusal(replica.mailboxes.updateMailbox({ mailboxId: mailbox?.mailboxId ?? '', settings: settings('twin@example.org') }))).code).toBe(Code.AlreadyExists);
  });

  it('name the field that is wrong', async () => {
    expect(await refusal(replica.mailboxes.createMailbox({ settings: settings('nobody') }))).toEqual({ code: Code.InvalidArgument, field: 'address' });
    expect(await refusal(replica.mailboxes.createMailbox({ settings: settings('a@example.org', { imap: { ...imap, password: undefined } }) }))).toEqual({ code: Code.InvalidArgument, field: 'imap.password' });
    expect(await refusal(replica.mailboxes.createMailbox({}))).toEqual({ code: Code.InvalidArgument, field: 'settings' });
  });

  it('want the password again when it would go to another server', async () => {
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: settings('moving@example.org') });
    const elsewhere = settings('moving@example.org', { imap: { ...imap, host: 'evil.example', password: undefined } });
    expect(await refusal(replica.mailboxes.updateMailbox({ mailboxId: mailbox?.mailboxId ?? '', settings: elsewhere }))).toEqual({ code: Code.InvalidArgument, field: 'imap.password' });
  });

  it('become another kind, and forget the password then', async () => {
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: settings('kind@example.org') });
    const mailboxId = mailbox?.mailboxId ?? '';
    await replica.mailboxes.updateMailbox({ mailboxId, settings: { address: 'kind@example.org', kind: 'smtp', queueId: 'queue', enabled: true } });
    const { rows } = await harness.superuser.query('SELECT sealed_password, host FROM mail_ingest.mailbox WHERE id = $1', [mailboxId]);
    expect(rows).toEqual([{ sealed_password: null, host: null }]);
    expect((await replica.mailboxes.getMailbox({ mailboxId })).mailbox).toMatchObject({ state: 'listening', settings: { kind: 'smtp' } });
  });

  it('of Office 365 keep their client secret sealed, and warn before it runs out', async () => {
    const office365 = { tenantId: 'contoso.onmicrosoft.com', clientId: 'client', clientSecret: 'very-secret-too', access: 'application', clientSecretExpiresAt: timestampFromDate(new Date(Date.now() + 20 * DAY_MS)) };
    const wanted = (own: object = {}) => ({ address: 'office@example.org', kind: 'office365', queueId: 'queue', enabled: false, office365: { ...office365, ...own } });
    expect(await refusal(replica.mailboxes.createMailbox({ settings: wanted({ clientSecret: undefined }) }))).toEqual({ code: Code.InvalidArgument, field: 'office365.clientSecret' });
    const { mailbox: made } = await replica.mailboxes.createMailbox({ settings: wanted() });
    const mailboxId = made?.mailboxId ?? '';
    expect(made).toMatchObject({ state: 'disabled', settings: { office365: { tenantId: 'contoso.onmicrosoft.com', clientId: 'client', access: 'application', protocol: 'imap', host: 'outlook.office365.com', port: 993 } }, expires: [{ what: 'client-secret', soon: true }] });
    expect(made?.settings?.office365?.clientSecret).toBeUndefined();
    const { rows } = await harness.superuser.query<{ row: string }>('SELECT mailbox::text AS row FROM mail_ingest.mailbox WHERE id = $1', [mailboxId]);
    for (const clear of ['very-secret-too', Buffer.from('very-secret-too').toString('hex')]) expect(rows[0]?.row).not.toContain(clear);
    const later = timestampFromDate(new Date(Date.now() + 400 * DAY_MS));
    const { mailbox: changed } = await replica.mailboxes.updateMailbox({ mailboxId, settings: wanted({ clientSecret: undefined, folder: 'Print', clientSecretExpiresAt: later }) });
    expect(changed).toMatchObject({ settings: { office365: { folder: 'Print' } }, expires: [{ soon: false }] });
    for (const own of [{ tenantId: 'evil.example' }, { host: 'evil.example' }, { clientId: 'other' }]) {
      expect(await refusal(replica.mailboxes.updateMailbox({ mailboxId, settings: wanted({ clientSecret: undefined, ...own }) }))).toEqual({ code: Code.InvalidArgument, field: 'office365.clientSecret' });
    }
    await replica.mailboxes.updateMailbox({ mailboxId, settings: settings('office@example.org') });
    const { rows: after } = await harness.superuser.query('SELECT tenant_id, client_id, client_access, sealed_client_secret, client_secret_expires_at FROM mail_ingest.mailbox WHERE id = $1', [mailboxId]);
    expect(after).toEqual([{ tenant_id: null, client_id: null, client_access: null, sealed_client_secret: null, client_secret_expires_at: null }]);
  });

  it('of all kinds are shown as they are set', async () => {
    const pop3 = { host: 'pop.example.org', port: 995, tls: 'implicit', password: 'very-secret' };
    const { mailbox: byPop3 } = await replica.mailboxes.createMailbox({ settings: { address: 'pop3@example.org', kind: 'pop3', queueId: 'queue', enabled: false, afterProcessing: 'delete', pop3 } });
    expect(byPop3).toMatchObject({ settings: { kind: 'pop3', afterProcessing: 'delete', pop3: { host: 'pop.example.org', user: 'pop3@example.org' } }, counts: { received: 0, refused: 0 }, expires: [] });
    const { mailbox: google } = await replica.mailboxes.createMailbox({ settings: { address: 'google@example.org', kind: 'google', queueId: 'queue', enabled: false } });
    expect(google?.settings).toMatchObject({ kind: 'google', google: { clientId: '', protocol: 'imap', host: 'imap.gmail.com', port: 993, folder: 'INBOX' } });
    // The same mails by two ways would go to two queues at random.
    const twin = { ...imap, host: 'pop.example.org', user: 'pop3@example.org' };
    await expect(replica.mailboxes.createMailbox({ settings: settings('pop3-twin@example.org', { imap: twin }) })).rejects.toThrow('Another mailbox watches this folder');
  });

  it('that nobody knows are not found', async () => {
    for (const mailboxId of ['', 'nonsense', '00000000-0000-4000-8000-000000000000']) {
      expect((await refusal(replica.mailboxes.getMailbox({ mailboxId }))).code).toBe(Code.NotFound);
      expect((await refusal(replica.mailboxes.deleteMailbox({ mailboxId }))).code).toBe(Code.NotFound);
    }
  });

  it('are for callers with the right', async () => {
    const reader = replica.client('configuration.read');
    await reader.listMailboxes({});
    const calls = [
      () => replica.client('guests.read').listMailboxes({}),
      () => reader.createMailbox({ settings: settings('x@example.org') }),
      () => reader.updateMailbox({}),
      () => reader.deleteMailbox({}),
    ];
    for (const call of calls) expect((await refusal(call())).code).toBe(Code.PermissionDenied);
  });
});
