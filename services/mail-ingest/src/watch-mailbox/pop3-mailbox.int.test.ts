import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, type MailUser, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { TcpRelay } from '../tcp-relay.harness.js';

const MB = 1024 * 1024;
const names = ['keep', 'delete', 'crash', 'large'] as const;
const users = Object.fromEntries(names.map((name) => [name, { address: `${name}@inkpost.test`, password: `${name}-secret` }])) as Record<(typeof names)[number], MailUser>;

function mailWith(subject: string, pdf = samplePdf({ text: subject })): Buffer {
  const head = `From: Sender <sender@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(' ', '-')}@example.org>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: application/pdf; name="${subject}.pdf"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  return Buffer.from(`${head}${pdf.toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`);
}

describeWithServer('dovecot', 'a mailbox watched by POP3', () => {
  let harness: MailIngestHarness;
  let replica: Replica;
  let dovecot: DovecotServer;

  beforeAll(async () => {
    dovecot = await startDovecot({ users: Object.values(users) });
    harness = await MailIngestHarness.start();
    replica = await harness.startReplica({ INKPOST_POP3_EVERY_SECONDS: '1' });
  });
  afterAll(async () => {
    await harness.stop();
    await dovecot.remove();
  });

  function settingsOf({ address, password }: MailUser, afterProcessing: string, own: object = {}) {
    const pop3 = { host: '127.0.0.1', port: dovecot.pop3sPort, tls: 'implicit', password, certificateAuthority: dovecot.ca, ...own };
    return { address, kind: 'pop3', queueId: 'queue', enabled: true, afterProcessing, pop3 };
  }

  async function watch(user: MailUser, afterProcessing: string, own: object = {}): Promise<string> {
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: settingsOf(user, afterProcessing, own) });
    return mailbox?.mailboxId ?? '';
  }

  const shown = async (mailboxId: string) => (await replica.mailboxes.getMailbox({ mailboxId })).mailbox;
  const deliver = (user: MailUser, subject: string, raw: Buffer = mailWith(subject)) => dovecot.deliver({ to: [user.address], raw });
  const countOf = async (subject: string) => (await harness.received()).filter((message) => message.subject === subject).length;

  /** How many mails are in the account, as its owner sees it with another program. */
  async function mailsOf({ address, password }: MailUser): Promise<number> {
    const client = new ImapFlow({ host: '127.0.0.1', port: dovecot.imapPort, secure: false, doSTARTTLS: false, auth: { user: address, pass: password }, logger: false });
    await client.connect();
    const { messages = 0 } = (await client.status('INBOX', { messages: true })) || {};
    await client.logout();
    return messages;
  }

  it('takes in what is there and what comes, each once, look after look, and with keep leaves it there', async () => {
    await deliver(users.keep, 'there before');
    const mailboxId = await watch(users.keep, 'keep');
    const before = await harness.messageAbout('there before');
    expect((await harness.documentBytes(before.documents[0]?.documentId ?? '')).equals(samplePdf({ text: 'there before' }))).toBe(true);
    expect(await harness.journey(before.messageId)).toMatchObject([{ step: 'received', evidence: { source: 'pop3', protocol: 'pop3', server: '127.0.0.1' } }, { step: 'document-extracted' }]);
    await deliver(users.keep, 'came later');
    await harness.messageAbout('came later');
    // Watched anew: what is known isn't even fetched.
    await replica.mailboxes.updateMailbox({ mailboxId, settings: settingsOf(users.keep, 'keep') });
    await deliver(users.keep, 'after all');
    await harness.messageAbout('after all');
    expect(await Promise.all(['there before', 'came later', 'after all'].map(countOf))).toEqual([1, 1, 1]);
    const mailbox = await eventually(async () => {
      const now = await shown(mailboxId);
      return now?.state === 'polling' && now;
    }, 'the mailbox is looked into');
    expect([mailbox.problem, mailbox.counts, mailbox.lastMessageAt !== undefined]).toEqual(['', expect.objectContaining({ received: 3, refused: 0 }), true]);
    expect((await harness.journey(before.messageId)).map(({ step }) => step)).toEqual(['received', 'document-extracted']);
  });

  it('deletes processed mails, and does so at the next look when it could not', async () => {
    const relay = await TcpRelay.to(dovecot.pop3Port);
    await deliver(users.delete, 'to be deleted');
    // The network dies after the mail is durable here and before the server is told to delete it.
    relay.deafOnce = 'DELE';
    await watch(users.delete, 'delete', { port: relay.port, tls: 'none', certificateAuthority: '' });
    await harness.messageAbout('to be deleted');
    await eventually(async () => relay.deafOnce === undefined, 'the server is told to delete it');
    expect(await mailsOf(users.delete)).toBe(1);
    relay.cut();
    await eventually(async () => (await mailsOf(users.delete)) === 0, 'the mail is gone');
    expect(await countOf('to be deleted')).toBe(1);
    await deliver(users.delete, 'the next one');
    await harness.messageAbout('the next one');
    await relay.close();
  }, 30_000);

  it('takes long mails byte for byte, and refuses one of 60 MB by its size', async () => {
    const pdf = samplePdf({ sizeBytes: 9 * MB });
    await deliver(users.large, 'nine megabytes', mailWith('nine megabytes', pdf));
    const mailboxId = await watch(users.large, 'delete');
    const message = await harness.messageAbout('nine megabytes');
    expect((await harness.documentBytes(message.documents[0]?.documentId ?? '')).equals(pdf)).toBe(true);
    await deliver(users.large, 'sixty megabytes', Buffer.concat([mailWith('sixty megabytes'), Buffer.from(`${'A'.repeat(76)}\r\n`.repeat(60 * 13_444))]));
    const refused = await harness.messageAbout('sixty megabytes');
    expect(refused).toMatchObject({ sender: { address: 'sender@example.org' }, documents: [], refusedParts: [{ reason: 'too-large' }] });
    expect((await shown(mailboxId))?.counts).toMatchObject({ received: 1, refused: 1 });
  }, 30_000);

  it('survives crashes of its server: what came meanwhile is taken in once', async () => {
    const mailboxId = await watch(users.crash, 'keep', { port: dovecot.pop3Port, tls: 'none', certificateAuthority: '' });
    await eventually(async () => (await shown(mailboxId))?.state === 'polling', 'it is looked into');
    await deliver(users.crash, 'before the crash');
    await dovecot.kill();
    const waiting = await eventually(async () => {
      const now = await shown(mailboxId);
      return now?.state === 'waiting' && now;
    }, 'the crash is noticed');
    expect([waiting.problem, waiting.nextTryAt !== undefined]).toEqual([expect.stringMatching(/can't be reached|was lost/), true]);
    await dovecot.start();
    await harness.messageAbout('before the crash');
    await deliver(users.crash, 'after the crash');
    await harness.messageAbout('after the crash');
    expect(await Promise.all(['before the crash', 'after the crash'].map(countOf))).toEqual([1, 1]);
  }, 30_000);
});
