import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, type MailUser, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { TcpRelay } from '../tcp-relay.harness.js';

const MB = 1024 * 1024;
const names = ['keep', 'flag', 'move', 'delete', 'login', 'folder', 'back', 'epoch', 'large', 'crash', 'good'] as const;
const users = Object.fromEntries(names.map((name) => [name, { address: `${name}@inkpost.test`, password: `${name}-secret` }])) as Record<(typeof names)[number], MailUser>;

function mailWith(subject: string, pdf = samplePdf({ text: subject })): string {
  const body = pdf.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  return `From: Sender <sender@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(' ', '-')}@example.org>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: application/pdf; name="${subject}.pdf"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`;
}

describeWithServer('dovecot', 'a mailbox watched by IMAP', () => {
  let harness: MailIngestHarness;
  let replica: Replica;
  let dovecot: DovecotServer;

  beforeAll(async () => {
    dovecot = await startDovecot({ users: Object.values(users) });
    harness = await MailIngestHarness.start();
    replica = await harness.startReplica();
  });
  afterAll(async () => {
    await harness.stop();
    await dovecot.remove();
  });

  interface Wish {
    readonly afterProcessing?: string;
    readonly processedFolder?: string;
    readonly password?: string;
    readonly folder?: string;
    readonly port?: number;
    readonly tls?: string;
    readonly certificateAuthority?: string;
  }

  function settingsOf(user: MailUser, { afterProcessing = 'keep', processedFolder = '', ...imap }: Wish = {}) {
    return {
      address: user.address, kind: 'imap', queueId: 'queue', enabled: true, afterProcessing, processedFolder,
      imap: { host: '127.0.0.1', port: dovecot.imapsPort, tls: 'implicit', password: user.password, certificateAuthority: dovecot.ca, ...imap },
    };
  }

  async function watch(user: MailUser, wish: Wish = {}): Promise<string> {
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: settingsOf(user, wish) });
    return mailbox?.mailboxId ?? '';
  }

  async function waitForState(mailboxId: string, state: string) {
    return eventually(async () => {
      const { mailbox } = await replica.mailboxes.getMailbox({ mailboxId });
      return mailbox?.state === state && mailbox;
    }, `the mailbox is ${state}`);
  }

  const deliver = (user: MailUser, subject: string, raw = mailWith(subject)) => dovecot.deliver({ to: [user.address], raw });

  /** Does something in the account, as its owner with another program. */
  async function asOwner<T>({ address, password }: MailUser, work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const client = new ImapFlow({ host: '127.0.0.1', port: dovecot.imapPort, secure: false, doSTARTTLS: false, auth: { user: address, pass: password }, logger: false });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.logout();
    }
  }

  async function flagsIn(user: MailUser, folder = 'INBOX'): Promise<string[][]> {
    return asOwner(user, async (client) => {
      const { exists } = await client.mailboxOpen(folder, { readOnly: true });
      const mails = exists === 0 ? [] : await client.fetchAll('1:*', { flags: true });
      return mails.map(({ flags }) => [...(flags ?? [])].filter((flag) => flag !== '\\Recent').sort());
    });
  }

  const countOf = async (subject: string) => (await harness.received()).filter((message) => message.subject === subject).length;

  it('takes in what is there and what comes, each once, and with keep leaves the account as it was', async () => {
    await deliver(users.keep, 'there before');
    const id = await watch(users.keep);
    const before = await harness.messageAbout('there before');
    expect(before).toMatchObject({ mailboxId: id, mailboxAddress: users.keep.address, sender: { address: 'sender@example.org', displayName: 'Sender' }, documents: [{ fileName: 'there before.pdf' }] });
    expect((await harness.documentBytes(before.documents[0]?.documentId ?? '')).equals(samplePdf({ text: 'there before' }))).toBe(true);
    expect(await harness.journey(before.messageId)).toMatchObject([{ step: 'received', evidence: { source: 'imap', protocol: 'imap', folder: 'INBOX', key: '1' } }, { step: 'document-extracted' }]);
    // By IDLE: without it imapflow would hear of this after 15 s only.
    await deliver(users.keep, 'came later');
    await harness.messageAbout('came later');
    expect(await flagsIn(users.keep)).toEqual([[], []]);
    const { lastMessageAt, problem } = await waitForState(id, 'connected');
    expect([lastMessageAt !== undefined, problem]).toEqual([true, '']);
    // Watched anew, the mails are known.
    await replica.mailboxes.updateMailbox({ mailboxId: id, settings: settingsOf(users.keep) });
    await deliver(users.keep, 'after all');
    await harness.messageAbout('after all');
    expect([await countOf('there before'), await countOf('came later')]).toEqual([1, 1]);
  });

  it('flags processed mails', async () => {
    await deliver(users.flag, 'to be flagged');
    await watch(users.flag, { afterProcessing: 'flag', port: dovecot.imapPort, tls: 'starttls' });
    await eventually(async () => (await flagsIn(users.flag)).some((flags) => flags.includes('$InkpostDone') && flags.includes('\\Seen')), 'the mail is flagged');
  });

  it('moves processed mails to a folder, which it creates', async () => {
    await deliver(users.move, 'to be moved');
    await watch(users.move, { afterProcessing: 'move', processedFolder: 'Printed', port: dovecot.imapPort, tls: 'none', certificateAuthority: '' });
    await eventually(async () => (await flagsIn(users.move)).length === 0 && (await flagsIn(users.move, 'Printed')).length === 1, 'the mail is moved');
    expect(await countOf('to be moved')).toBe(1);
  });

  it('deletes processed mails, and only these', async () => {
    await asOwner(users.delete, async (client) => {
      await client.mailboxCreate('Print');
      await client.append('INBOX', 'Subject: private\r\n\r\n');
      await client.append('Print', mailWith('to be deleted'));
    });
    await watch(users.delete, { afterProcessing: 'delete', folder: 'Print' });
    await eventually(async () => (await flagsIn(users.delete, 'Print')).length === 0, 'the mail is deleted');
    expect(await countOf('to be deleted')).toBe(1);
    expect(await flagsIn(users.delete)).toHaveLength(1);
  });

  it('does what is left to do with mails that were taken in already when the choice was another one', async () => {
    await harness.messageAbout('to be flagged');
    const { rows } = await harness.superuser.query(`UPDATE mail_ingest.ledger_place SET settled = false WHERE folder LIKE 'keep@%' RETURNING key`);
    const { mailboxes } = await replica.mailboxes.listMailboxes({});
    const mailboxId = mailboxes.find(({ settings }) => settings?.address === users.keep.address)?.mailboxId ?? '';
    await replica.mailboxes.updateMailbox({ mailboxId, settings: settingsOf(users.keep, { afterProcessing: 'flag' }) });
    await eventually(async () => (await flagsIn(users.keep)).filter((flags) => flags.includes('$InkpostDone')).length === rows.length, 'mails that a crash left untouched are flagged');
    expect(await countOf('there before')).toBe(1);
  });

  it('says that the password is refused, waits long before it tries again, and goes on at once when it is corrected', async () => {
    await deliver(users.login, 'behind a password');
    const mailboxId = await watch(users.login, { password: 'wrong' });
    const waiting = await waitForState(mailboxId, 'waiting');
    expect(waiting.problem).toMatch(/^The mail server 127\.0\.0\.1:\d+ refused the user name or the password/);
    expect(Number(waiting.nextTryAt?.seconds) * 1_000 - Date.now()).toBeGreaterThan(15_000);
    await replica.mailboxes.updateMailbox({ mailboxId, settings: settingsOf(users.login) });
    await waitForState(mailboxId, 'connected');
    await harness.messageAbout('behind a password');
  });

  it('says that its folder is missing, and goes on by itself when it is there', async () => {
    const mailboxId = await watch(users.folder, { folder: 'To print' });
    expect((await waitForState(mailboxId, 'folder-missing')).problem).toBe('The requested folder could not be found');
    await asOwner(users.folder, async (client) => {
      await client.mailboxCreate('To print');
      await client.append('To print', mailWith('in a new folder'));
    });
    await harness.messageAbout('in a new folder');
    expect((await waitForState(mailboxId, 'connected')).problem).toBe('');
  });

  it('names what is wrong with a server: its certificate, its port, its name', async () => {
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: { ...settingsOf(users.good, { certificateAuthority: '' }), address: 'untrusted@inkpost.test' } });
    const mailboxId = mailbox?.mailboxId ?? '';
    expect((await waitForState(mailboxId, 'waiting')).problem).toMatch(/certificate of the mail server .* is not trusted/);
    const change = async (imap: Wish & { host?: string }, expected: RegExp) => {
      const settings = settingsOf(users.good, imap);
      await replica.mailboxes.updateMailbox({ mailboxId, settings: { ...settings, address: 'untrusted@inkpost.test' } });
      await eventually(async () => expected.test((await replica.mailboxes.getMailbox({ mailboxId })).mailbox?.problem ?? ''), `the problem is ${expected}`);
    };
    await change({ port: 1 }, /refuses connections/);
    await change({ host: 'no-such-host.invalid' }, /its name (?:is unknown|can't be looked up)/);
    await replica.mailboxes.deleteMailbox({ mailboxId });
  });

  it('knows a mail by its bytes when it was moved away and back', async () => {
    await watch(users.back);
    await deliver(users.back, 'away and back');
    const { messageId } = await harness.messageAbout('away and back');
    await asOwner(users.back, async (client) => {
      await client.mailboxCreate('Elsewhere');
      await client.mailboxOpen('INBOX');
      await client.messageMove('1:*', 'Elsewhere');
      await client.mailboxOpen('Elsewhere');
      await client.messageMove('1:*', 'INBOX');
    });
    await eventually(async () => (await harness.journey(messageId)).some(({ step }) => step === 'received-again'), 'the journey says that it came again');
    expect(await countOf('away and back')).toBe(1);
  });

  it('takes nothing twice when the folder is made anew and its UIDs mean other mails', async () => {
    const raw = mailWith('old mail');
    const make = (subjects: readonly string[]) =>
      asOwner(users.epoch, async (client) => {
        await client.mailboxCreate('Print');
        for (const own of subjects) await client.append('Print', own);
        return (await client.status('Print', { uidValidity: true })) || undefined;
      });
    const before = await make([raw]);
    const mailboxId = await watch(users.epoch, { folder: 'Print' });
    await harness.messageAbout('old mail');
    await asOwner(users.epoch, (client) => client.mailboxDelete('Print'));
    const after = await make([mailWith('new mail'), raw]);
    expect(after?.uidValidity).not.toBe(before?.uidValidity);
    // Watched anew, instead of waiting for the next check.
    await replica.mailboxes.updateMailbox({ mailboxId, settings: settingsOf(users.epoch, { folder: 'Print' }) });
    await harness.messageAbout('new mail');
    const { messageId } = await harness.messageAbout('old mail');
    await eventually(async () => (await harness.journey(messageId)).some(({ step }) => step === 'received-again'), 'the old mail is known by its bytes');
    expect(await countOf('old mail')).toBe(1);
  });

  it('takes long mails byte for byte in pieces, and refuses one of 60 MB without fetching it', async () => {
    const pdf = samplePdf({ sizeBytes: 9 * MB });
    await watch(users.large, { afterProcessing: 'delete' });
    await deliver(users.large, 'nine megabytes', mailWith('nine megabytes', pdf));
    const message = await harness.messageAbout('nine megabytes');
    expect((await harness.documentBytes(message.documents[0]?.documentId ?? '')).equals(pdf)).toBe(true);
    await deliver(users.large, 'sixty megabytes', `${mailWith('sixty megabytes')}${`${'A'.repeat(76)}\r\n`.repeat(60 * 13_444)}`);
    const refused = await harness.messageAbout('sixty megabytes');
    expect(refused).toMatchObject({ sender: { address: 'sender@example.org' }, documents: [], refusedParts: [{ reason: 'too-large', statusText: 'The mail is larger than 50 MB' }] });
    await eventually(async () => (await flagsIn(users.large)).length === 0, 'both are processed');
  });

  it('survives crashes of its server and of the network: what came meanwhile is taken in once', async () => {
    const relay = await TcpRelay.to(dovecot.imapsPort);
    const mailboxId = await watch(users.crash, { port: relay.port });
    await waitForState(mailboxId, 'connected');
    await relay.close();
    expect((await waitForState(mailboxId, 'waiting')).problem).toMatch(/can't be reached|was lost/);
    await deliver(users.crash, 'in the meantime');
    await relay.open();
    await harness.messageAbout('in the meantime');
    await dovecot.kill();
    await dovecot.start();
    relay.cut();
    await deliver(users.crash, 'after the crash');
    await harness.messageAbout('after the crash');
    await waitForState(mailboxId, 'connected');
    expect(await Promise.all(['in the meantime', 'after the crash', 'there before'].map(countOf))).toEqual([1, 1, 1]);
    await relay.close();
  });

  it('is let go when it is disabled, and forgotten when it is deleted, of which the others hear', async () => {
    const { mailboxes } = await replica.mailboxes.listMailboxes({});
    const mailboxId = mailboxes.find(({ settings }) => settings?.address === users.back.address)?.mailboxId ?? '';
    await replica.mailboxes.updateMailbox({ mailboxId, settings: { ...settingsOf(users.back), enabled: false } });
    await waitForState(mailboxId, 'disabled');
    await eventually(async () => (await replica.mailboxes.listMailboxes({})).mailboxes.every(({ settings, state }) => settings?.address !== users.back.address || state === 'disabled'), 'it is disabled');
    await replica.mailboxes.deleteMailbox({ mailboxId });
    const { rows } = await harness.superuser.query("SELECT payload, consumer FROM flow.message WHERE subject = 'mailbox.deleted.v1' AND payload->>'mailboxId' = $1", [mailboxId]);
    expect(rows).toContainEqual({ payload: { mailboxId }, consumer: 'acceptance' });
    await expect(replica.mailboxes.getMailbox({ mailboxId })).rejects.toThrow(/There is no mailbox/);
  });
});
