import { createHash } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail } from '@inkpost/testkit/send-mail.js';
import { DIRECT_QUEUE, type Installation, install } from './installation.js';

const ADDRESS = 'print@test.local';

describeWithServer('dovecot', 'a mailbox on a real IMAP server', () => {
  let inkpost: Installation;
  let dovecot: DovecotServer;
  let mailboxId: string;

  beforeAll(async () => {
    dovecot = await startDovecot({ users: [{ address: ADDRESS, password: 'imap-pass' }] });
    return () => dovecot.remove();
  });

  beforeAll(async () => {
    inkpost = await install('all');
    const mailbox = await inkpost.rest.post<{ mailboxId: string }>('/api/v0/mailboxes', {
      address: ADDRESS, kind: 'imap', queueId: DIRECT_QUEUE, afterProcessing: 'flag',
      imap: { host: '127.0.0.1', port: dovecot.imapsPort, tls: 'implicit', password: 'imap-pass', certificateAuthority: dovecot.ca },
    });
    mailboxId = mailbox.mailboxId;
    return () => inkpost.remove();
  });

  async function deliver(text: string) {
    const content = samplePdf({ text });
    const { raw, messageId } = await composeMail({ from: 'ada@example.org', to: ADDRESS, attachments: [{ filename: 'imap.pdf', content }] });
    await dovecot.deliver({ from: 'ada@example.org', to: [ADDRESS], raw });
    return { messageId, sha256: createHash('sha256').update(content).digest('hex') };
  }

  it('is watched: a mail that arrives is printed, once', async () => {
    const { messageId, sha256 } = await deliver('By IMAP');
    await inkpost.journeyWith(messageId, 'printed');
    expect(inkpost.printer.printed.filter((print) => print.sha256 === sha256)).toHaveLength(1);
  });

  it('heals by itself when the server was away, and shows it meanwhile', async () => {
    await dovecot.kill();
    await expect.poll(async () => (await inkpost.rest.get<{ state: string; problem: string }>(`/api/v0/mailboxes/${mailboxId}`)).problem, { timeout: 20_000 }).not.toBe('');
    await dovecot.start();
    const { messageId, sha256 } = await deliver('After the outage');
    await inkpost.journeyWith(messageId, 'printed', 60_000);
    expect(inkpost.printer.printed.filter((print) => print.sha256 === sha256)).toHaveLength(1);
  }, 120_000);

  it('loses and doubles nothing when Inkpost is killed with mails under way', async () => {
    const sent = [];
    for (let index = 0; index < 12; index += 1) {
      sent.push(await deliver(`Under way ${index}`));
      if (index !== 5) continue;
      for (const process of inkpost.suite.processes) {
        await process.kill();
        await process.restart();
      }
    }
    for (const { messageId } of sent) await inkpost.journeyWith(messageId, 'printed', 60_000);
    expect(sent.map(({ sha256 }) => inkpost.printer.printed.filter((print) => print.sha256 === sha256).length)).toEqual(sent.map(() => 1));
  }, 180_000);

  it('says in the manual\'s words when its folder does not exist, and goes on when it does (TRB-006)', async () => {
    const { settings } = await inkpost.rest.get<{ settings?: Record<string, unknown> }>(`/api/v0/mailboxes/${mailboxId}`).then((mailbox) => ({ settings: mailbox }));
    const imap = { host: '127.0.0.1', port: dovecot.imapsPort, tls: 'implicit', certificateAuthority: dovecot.ca };
    expect(JSON.stringify(settings)).not.toContain('imap-pass');
    await inkpost.rest.put(`/api/v0/mailboxes/${mailboxId}`, { address: ADDRESS, kind: 'imap', queueId: DIRECT_QUEUE, afterProcessing: 'flag', imap: { ...imap, folder: 'No/Such/Folder' } });
    await expect.poll(async () => (await inkpost.rest.get<{ problem: string }>(`/api/v0/mailboxes/${mailboxId}`)).problem, { timeout: 20_000 }).toContain('The requested folder could not be found');
    await inkpost.rest.put(`/api/v0/mailboxes/${mailboxId}`, { address: ADDRESS, kind: 'imap', queueId: DIRECT_QUEUE, afterProcessing: 'flag', imap });
    const { messageId } = await deliver('Folder mended');
    await inkpost.journeyWith(messageId, 'printed', 30_000);
  }, 90_000);
});
