import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { UploadedMailService } from '@inkpost/contracts/admin/v1/uploaded_mail_pb.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import type { PayloadInit } from '@inkpost/flow/payload.js';
import { deliverByLmtp } from '@inkpost/testkit/deliver-by-lmtp.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { startDnsServer, type TestDnsServer } from '@inkpost/testkit/dns-server.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail, sendMail } from '@inkpost/testkit/send-mail.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { mailFrom, SigningDomain } from '@inkpost/testkit/signed-mails.js';

const example = new SigningDomain('example.org');
const noPolicy = new SigningDomain('nopolicy.example');
const direct = { mode: 'report', trustedServers: ['mx.example.net'], trustedRelays: ['192.0.2.0/24'] };

let harness: MailIngestHarness;
let replica: Replica;
let dns: TestDnsServer;
let acceptance: FlowClient;
let version = 0;

beforeAll(async () => {
  dns = await startDnsServer({ [example.dnsRecord[0]]: example.dnsRecord[1], [noPolicy.dnsRecord[0]]: noPolicy.dnsRecord[1], '_dmarc.example.org': 'v=DMARC1; p=reject' });
  harness = await MailIngestHarness.start();
  acceptance = await harness.flowOf('acceptance');
  replica = await harness.startReplica({ INKPOST_DNS_SERVERS: dns.address });
});
afterAll(async () => {
  await harness.stop();
  await dns.stop();
});

/** As acceptance tells of its settings; resolves once they are kept. */
async function set(mailboxId: string, settings: Partial<PayloadInit<'acceptance.sender-authentication-changed.v1'>>): Promise<void> {
  const payload = { mailboxId, version: (version += 1), ...settings };
  await acceptance.publish({ journeyId: randomUUID(), entries: [], publish: [{ subject: 'acceptance.sender-authentication-changed.v1', payload } as never] });
  await expect.poll(async () => (await harness.superuser.query("SELECT 1 FROM flow.message WHERE subject LIKE 'acceptance.sender%'")).rowCount).toBe(0);
}

/** A mailbox whose mails are measured although they come from this machine. */
async function addMailbox(settings: object = direct): Promise<{ readonly id: string; readonly address: string }> {
  const address = `${randomUUID()}@inkpost.test`;
  const id = await harness.addSmtpMailbox(replica, address);
  await set(id, settings);
  return { id, address };
}

const send = (to: string | string[], raw: string, from = 'bounce@evil.example') => sendMail({ port: replica.smtpPort, from, to, raw: Buffer.from(raw, 'latin1') });

async function takenIn(mailboxId: string) {
  const messages = (await harness.received()).filter((message) => message.mailboxId === mailboxId);
  return { messages, last: messages.at(-1) };
}

describe('a mail that comes by SMTP', () => {
  it('is measured while it comes, and all that was found out goes with it', async () => {
    const { id, address } = await addMailbox();
    const { raw } = await composeMail({ from: 'ada@example.org', to: address, attachments: [{ filename: 'a.pdf', content: samplePdf({ sizeBytes: 600_000 }) }] });
    await send(address, await example.sign(raw.toString('latin1')));
    const { last } = await takenIn(id);
    expect(last).toMatchObject({
      senderAuthentication: 'pass', documents: [{ fileName: 'a.pdf' }],
      authentications: [{ measuredBy: 'inkpost', basis: 'dmarc', dkim: [{ result: 'pass', domain: 'example.org' }], dmarc: 'pass', dmarcPolicy: 'reject', spf: 'none' }],
    });
    expect(await harness.journey(last?.messageId ?? '')).toMatchObject([{ step: 'received' }, { step: 'sender-authenticated', evidence: { verdict: 'pass', basis: 'dmarc', measuredBy: 'inkpost' } }, { step: 'document-extracted' }]);
    await send(address, mailFrom('ada@example.org'));
    expect((await takenIn(id)).last).toMatchObject({ senderAuthentication: 'fail', authentications: [{ basis: 'dmarc' }] });
  });

  it('is not measured, and DNS not asked, where that is off; measured once for all mailboxes where one wants it', async () => {
    const [off, on, both] = [await addMailbox({ ...direct, mode: 'off' }), await addMailbox(), `off-${randomUUID()}@unheard.example`];
    const before = dns.asked.length;
    await send(off.address, mailFrom(both));
    expect(dns.asked.length).toBe(before);
    await send([off.address, on.address], mailFrom(both));
    expect(dns.asked.filter((name) => name === '_dmarc.unheard.example')).toHaveLength(1);
    expect((await takenIn(off.id)).messages).toMatchObject([{ senderAuthentication: 'none', authentications: [] }, { senderAuthentication: 'none', authentications: [] }]);
    expect((await takenIn(on.id)).last).toMatchObject({ senderAuthentication: 'none', authentications: [{ measuredBy: 'inkpost', dmarc: 'none' }] });
  });

  it('from a server that hands others\' mails on is judged by what trusted servers wrote on it, and by nothing else', async () => {
    const { id, address } = await addMailbox({ ...direct, trustedRelays: ['127.0.0.0/8', '::1'] });
    await send(address, `Authentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n${mailFrom('ada@example.org')}`);
    expect((await takenIn(id)).last).toMatchObject({ senderAuthentication: 'pass', authentications: [{ measuredBy: 'mx.example.net', basis: 'dmarc' }] });
    await send(address, `Authentication-Results: mx.evil.example; dmarc=fail\r\nAuthentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n${mailFrom('ada@example.org')}`);
    expect((await takenIn(id)).last).toMatchObject({ senderAuthentication: 'none', authentications: [] });
  });

  it('from a server in front that speaks LMTP is judged like that, wherever the server is', async () => {
    const { id, address } = await addMailbox();
    await deliverByLmtp({ port: replica.lmtpPort, from: 'ada@example.org', to: [address], raw: `Authentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n${mailFrom('ada@example.org')}` });
    expect((await takenIn(id)).last).toMatchObject({ senderAuthentication: 'pass', authentications: [{ measuredBy: 'mx.example.net', basis: 'dmarc' }] });
    await deliverByLmtp({ port: replica.lmtpPort, from: 'ada@example.org', to: [address], raw: mailFrom('ada@example.org') });
    expect((await takenIn(id)).last).toMatchObject({ senderAuthentication: 'none', authentications: [] });
  });

  it('from a stranger is not believed, whatever is written on it', async () => {
    const { id, address } = await addMailbox();
    await send(address, `Authentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n${mailFrom('ada@example.org')}`);
    expect((await takenIn(id)).last).toMatchObject({ senderAuthentication: 'fail', authentications: [{ measuredBy: 'inkpost' }] });
  });

  it.each(['report', 'require'])('is another mail than a copy that is refused as forged, and each is one however often it comes: %s', async (mode) => {
    const { id, address } = await addMailbox({ ...direct, mode });
    const mail = mailFrom('ada@example.org');
    const signed = await example.sign(mail);
    for (const raw of [mail, mail, signed, mail, signed]) await send(address, raw);
    const { messages } = await takenIn(id);
    expect(messages.map(({ senderAuthentication }) => senderAuthentication)).toEqual(['fail', 'pass']);
    const steps = await Promise.all(messages.map(async ({ messageId }) => (await harness.journey(messageId)).filter(({ step }) => step === 'received-again').length));
    expect(steps).toEqual([2, 1]);
  });

  it('whose copies are all printed, though only one is known to be authentic, is one mail', async () => {
    const { id, address } = await addMailbox();
    const mail = mailFrom('ada@nopolicy.example');
    await send(address, mail);
    await send(address, await noPolicy.sign(mail));
    expect((await takenIn(id)).messages).toMatchObject([{ senderAuthentication: 'none' }]);
    const strict = await addMailbox({ ...direct, mode: 'require' });
    await send(strict.address, mail);
    await send(strict.address, await noPolicy.sign(mail));
    expect((await takenIn(strict.id)).messages).toMatchObject([{ senderAuthentication: 'none' }, { senderAuthentication: 'pass' }]);
  });

  it('from this machine\'s own mail server is not measured by default', async () => {
    const address = `${randomUUID()}@inkpost.test`;
    const id = await harness.addSmtpMailbox(replica, address);
    await send(address, mailFrom('ada@example.org'));
    expect((await takenIn(id)).last).toMatchObject({ senderAuthentication: 'none', authentications: [] });
  });
});

describe('a mail that is uploaded', () => {
  const read = (raw: string, mailboxId = '') => replica.clientOf(UploadedMailService).readUploadedMail({ mail: Buffer.from(raw, 'latin1'), mailboxId });

  it('shows itself authentic by its signature or by what a trusted server wrote, and never forged', async () => {
    const { id } = await addMailbox();
    expect(await read(await example.sign(mailFrom('ada@example.org')))).toMatchObject({ sender: 'ada@example.org', verdict: 'pass', basis: 'dmarc', measuredBy: 'inkpost' });
    expect(await read(mailFrom('ada@example.org'))).toMatchObject({ verdict: 'none', measuredBy: '' });
    const written = `Authentication-Results: mx.example.net; dmarc=fail header.from=example.org\r\n${mailFrom('ada@example.org')}`;
    expect(await read(written, id)).toMatchObject({ verdict: 'fail', basis: 'dmarc', measuredBy: 'mx.example.net' });
    expect(await read(written)).toMatchObject({ verdict: 'none' });
  });

  it('without a sender, or beyond all measure, is told as such', async () => {
    expect(await read('From: a@example.org, b@example.org\r\nAuto-Submitted: auto-replied\r\n\r\n')).toMatchObject({ sender: '', senderProblem: 'from-ambiguous', verdict: 'none', automaticSign: 'auto-submitted' });
    expect(await read('%PDF-1.7')).toMatchObject({ sender: '', senderProblem: 'from-missing' });
    await expect(read('')).rejects.toMatchObject({ code: Code.InvalidArgument });
    await expect(read('x'.repeat(512 * 1024 + 1))).rejects.toMatchObject({ code: Code.InvalidArgument });
    await expect(replica.clientOf(UploadedMailService, 'jobs.read').readUploadedMail({ mail: Buffer.from('x') })).rejects.toMatchObject({ code: Code.PermissionDenied });
  });
});

describeWithServer('dovecot', 'a mail that is fetched by IMAP', () => {
  it('is judged by what the trusted server wrote on top of it', async () => {
    const user = { address: 'fetched@inkpost.test', password: 'Fetched-secret' };
    const dovecot = await startDovecot({ users: [user] });
    const imap = { host: '127.0.0.1', port: dovecot.imapPort, tls: 'none', password: user.password };
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: { address: user.address, kind: 'imap', queueId: 'queue', enabled: true, imap } });
    await set(mailbox?.mailboxId ?? '', direct);
    const mails = { trusted: 'mx.example.net; dmarc=pass header.from=example.org', forged: 'mx.example.net; dmarc=fail header.from=example.org', untrusted: 'mx.other.example; dmarc=pass header.from=example.org' };
    for (const [subject, results] of Object.entries(mails)) {
      const raw = `Authentication-Results: ${results}\r\nReceived: from mx.evil.example by mx.example.net; ${new Date().toUTCString()}\r\nAuthentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n${mailFrom('ada@example.org')}`;
      await dovecot.deliver({ to: [user.address], raw: raw.replace('Subject: signed', `Subject: ${subject}`) });
    }
    const verdicts = await Promise.all(Object.keys(mails).map(async (subject) => (await harness.messageAbout(subject)).senderAuthentication));
    expect(verdicts).toEqual(['pass', 'fail', 'none']);
    await dovecot.remove();
  }, 30_000);
});

describe('while DNS is silent', () => {
  it('a mail is taken in where authentication is only reported, and stays with its sender where it is required', async () => {
    const [report, require] = [await addMailbox(), await addMailbox({ ...direct, mode: 'require' })];
    const files = await harness.spoolFiles();
    dns.silent = true;
    const domain = `silent-${randomUUID()}.example`;
    const { raw } = await composeMail({ from: `ada@${domain}`, to: require.address, attachments: [{ filename: 'a.pdf', content: samplePdf() }] });
    await expect(send(require.address, raw.toString('latin1'))).rejects.toMatchObject({ responseCode: 451 });
    expect((await takenIn(require.id)).messages).toEqual([]);
    expect(await harness.spoolFiles()).toEqual(files);
    await send(report.address, raw.toString('latin1'));
    expect((await takenIn(report.id)).last).toMatchObject({ senderAuthentication: 'temperror', authentications: [{ basis: '' }] });
    dns.silent = false;
    await expect.poll(() => send(require.address, raw.toString('latin1')).then(({ reply }) => reply, () => ''), { timeout: 10_000, interval: 500 }).toMatch(/^250/);
    expect((await takenIn(require.id)).last).toMatchObject({ senderAuthentication: 'none' });
  }, 60_000);
});

describe('the settings', () => {
  it('that come late are not taken for new ones, and go with their mailbox', async () => {
    const { id } = await addMailbox({ ...direct, version: 1_000 });
    await set(id, { ...direct, mode: 'off', version: 999 });
    const rows = async () => (await harness.superuser.query('SELECT mode FROM mail_ingest.sender_authentication WHERE mailbox_id = $1', [id])).rows;
    expect(await rows()).toEqual([{ mode: 'report' }]);
    await replica.mailboxes.deleteMailbox({ mailboxId: id });
    expect(await rows()).toEqual([]);
    await set(id, { ...direct, version: 1_001 });
    expect(await rows()).toEqual([]);
  });
});
