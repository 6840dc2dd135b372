import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { TcpRelay } from '../tcp-relay.harness.js';

const user = { address: 'print@inkpost.test', password: 'secret' };

describeWithServer('dovecot', 'two replicas', () => {
  let harness: MailIngestHarness;
  let dovecot: DovecotServer;
  let postgres: TcpRelay;
  let first: Replica;
  let second: Replica;
  let mailboxId: string;

  beforeAll(async () => {
    dovecot = await startDovecot({ users: [user] });
    harness = await MailIngestHarness.start();
    const url = new URL(harness.database.url);
    postgres = await TcpRelay.to(Number(url.port));
    url.port = String(postgres.port);
    first = await harness.startReplica({ INKPOST_DATABASE_URL: url.toString() });
    const { mailbox } = await first.mailboxes.createMailbox({ settings: settings() });
    mailboxId = mailbox?.mailboxId ?? '';
    await eventually(async () => (await first.mailboxes.getMailbox({ mailboxId })).mailbox?.state === 'connected', 'the first one watches it');
    // Only now: the tests are about what the second one does when the first one had it.
    second = await harness.startReplica();
  });
  afterAll(async () => {
    await harness.stop();
    await postgres.close();
    await dovecot.remove();
  });

  const settings = () => ({ address: user.address, kind: 'imap', queueId: 'queue', enabled: true, imap: { host: '127.0.0.1', port: dovecot.imapPort, tls: 'none', password: user.password } });
  const deliver = (subject: string) => dovecot.deliver({ to: [user.address], raw: `From: a@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\nhello\r\n` });
  const state = async () => (await second.mailboxes.getMailbox({ mailboxId })).mailbox?.state;
  const holder = async () => (await harness.superuser.query<{ holder: string }>('SELECT holder FROM mail_ingest.watch WHERE lease_until > now()')).rows[0]?.holder;

  it('watch a mailbox one at a time, and follow what the other one changed', async () => {
    await second.mailboxes.updateMailbox({ mailboxId, settings: { ...settings(), imap: { ...settings().imap, folder: 'Missing' } } });
    await eventually(async () => (await state()) === 'folder-missing', 'the watching one follows');
    await second.mailboxes.updateMailbox({ mailboxId, settings: settings() });
    await eventually(async () => (await state()) === 'connected', 'the watching one follows');
    await deliver('both');
    await harness.messageAbout('both');
    expect((await harness.received()).filter(({ subject }) => subject === 'both')).toHaveLength(1);
  });

  it('take over from one another, at once when one stops, and neither lose nor double mails', async () => {
    const before = await holder();
    await first.stop();
    await eventually(async () => (await holder()) !== before && (await state()) === 'connected', 'the other one watches');
    await deliver('after the change');
    await harness.messageAbout('after the change');
    expect((await harness.received()).map(({ subject }) => subject)).toEqual(['both', 'after the change']);
  });

  it('take over when one is cut off from the database, and both recording changes nothing', async () => {
    const url = new URL(harness.database.url);
    url.port = String(postgres.port);
    await second.stop();
    const cutOff = await harness.startReplica({ INKPOST_DATABASE_URL: url.toString() });
    await eventually(async () => (await holder()) !== undefined, 'it is watched');
    const before = await holder();
    second = await harness.startReplica();
    await postgres.close();
    await eventually(async () => ![undefined, before].includes(await holder()), 'the other one watches', 25_000);
    await deliver('once');
    await harness.messageAbout('once');
    await postgres.open();
    await deliver('and on');
    await harness.messageAbout('and on');
    expect((await harness.received()).map(({ subject }) => subject).sort()).toEqual(['after the change', 'and on', 'both', 'once']);
    await cutOff.stop();
  }, 60_000);
});
