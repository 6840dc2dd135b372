import { ImapFlow } from 'imapflow';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { FOLDER_MISSING, LOGIN_REFUSED, type MailSource, type SourceAccess } from '../../ports/mail-source.port.js';
import { openImapSource } from './imap-source.adapter.js';

const user = { address: 'print@inkpost.test', password: 'secret' };

describeWithServer('dovecot', 'a folder opened by IMAP', () => {
  let dovecot: DovecotServer;
  const opened: MailSource[] = [];
  let folders = 0;

  beforeAll(async () => {
    dovecot = await startDovecot({ users: [user] });
    return () => dovecot.remove();
  });
  afterEach(async () => {
    for (const folder of opened.splice(0)) await folder.close();
  });

  const access = (own: Partial<SourceAccess>): SourceAccess => ({
    mailboxId: 'mailbox', protocol: 'imap', host: '127.0.0.1', port: dovecot.imapPort, tls: 'none', user: user.address, signIn: { kind: 'password', password: user.password }, folder: 'INBOX', certificateAuthority: '', afterProcessing: 'keep', processedFolder: '', ...own,
  });

  async function open(own: Partial<SourceAccess>): Promise<MailSource> {
    const folder = await openImapSource(access(own), new AbortController().signal);
    opened.push(folder);
    return folder;
  }

  async function asOwner<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const client = new ImapFlow({ host: '127.0.0.1', port: dovecot.imapPort, secure: false, doSTARTTLS: false, auth: { user: user.address, pass: user.password }, logger: false });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.logout();
    }
  }

  const mail = (text: string) => `Subject: ${text}\r\n\r\n${text}\r\n`;

  /** A new folder with these mails. */
  async function make(...mails: string[]): Promise<string> {
    const name = `folder-${(folders += 1)}`;
    await asOwner(async (client) => {
      await client.mailboxCreate(name);
      for (const own of mails) await client.append(name, own);
    });
    return name;
  }

  it('gives the keys of its mails, and none where there are none', async () => {
    const folder = await open({ folder: await make(mail('one'), mail('two'), mail('three')) });
    expect(await folder.list()).toEqual(['1', '2', '3']);
    expect(await folder.listNew()).toEqual([]);
    expect(await (await open({ folder: await make() })).list()).toEqual([]);
  });

  it('gives mails whole, or their header alone, and passes over those that are gone', async () => {
    const folder = await open({ folder: await make(mail('one'), mail('two')) });
    const mails = await all(folder.fetch(['1', '2', '99']));
    expect(mails.map(({ key, sizeBytes, whole }) => [key, sizeBytes, whole?.toString()])).toEqual([['1', mail('one').length, mail('one')], ['2', mail('two').length, mail('two')]]);
    expect((await buffer(folder.fetchHeader('2'))).toString()).toBe('Subject: two\r\n\r\n');
    await expect(buffer(folder.fetchHeader('99'))).rejects.toMatchObject({ code: 'mailbox.mail-gone' });
  });

  it('gives a long mail in pieces, byte for byte', async () => {
    const long = mail(`${'0123456789abcdef'.repeat(64)}\r\n`.repeat(9_000));
    const folder = await open({ folder: await make(long) });
    const [found] = await all(folder.fetch(['1']));
    expect([found?.whole, found?.sizeBytes]).toEqual([undefined, long.length]);
    const pieces = await all(folder.fetchLong('1', 50_000_000));
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).toString() === long).toBe(true);
  });

  it('says when a mail may have come, also when that was before it was asked', async () => {
    const name = await make();
    const folder = await open({ folder: name });
    const waiting = folder.waitForMail();
    await asOwner((client) => client.append(name, mail('one')));
    expect(await waiting).toBeLessThanOrEqual(performance.now());
    await asOwner((client) => client.append(name, mail('two')));
    await folder.list();
    expect(await folder.waitForMail()).toBeTypeOf('number');
    // imapflow by itself enters IDLE after 15 s.
  }, 10_000);

  it('notices that it was deleted, and that it was made anew, which servers hide', async () => {
    const name = await make(mail('one'));
    const folder = await open({ folder: name });
    expect(await folder.check()).toBe(true);
    await folder.list();
    expect(await folder.check()).toBe(false);
    await asOwner((client) => client.mailboxDelete(name));
    await asOwner((client) => client.mailboxCreate(name));
    await expect(folder.check()).rejects.toMatchObject({ code: 'mailbox.connection-lost', message: expect.stringContaining('made anew') });
    const again = await open({ folder: name });
    await asOwner((client) => client.mailboxDelete(name));
    await expect(again.check()).rejects.toMatchObject({ code: FOLDER_MISSING, message: 'The requested folder could not be found' });
  });

  it('ends what waits when it is closed', async () => {
    const folder = await open({ folder: await make() });
    const waiting = folder.waitForMail();
    await folder.close();
    await expect(waiting).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
  });

  it('is not opened without the TLS that is asked for, the right password, or a server', async () => {
    await expect(open({ signIn: { kind: 'password', password: 'wrong' } })).rejects.toMatchObject({ code: LOGIN_REFUSED });
    await expect(open({ folder: 'Missing' })).rejects.toMatchObject({ code: FOLDER_MISSING });
    await expect(open({ tls: 'starttls' })).rejects.toMatchObject({ code: 'mailbox.certificate-untrusted' });
    await expect(open({ tls: 'implicit', port: dovecot.imapsPort, certificateAuthority: dovecot.ca, host: 'localhost' }).then(() => 'opened')).resolves.toBe('opened');
    await expect(open({ tls: 'implicit' })).rejects.toMatchObject({ code: 'mailbox.tls-failed' });
    await expect(open({ port: 1 })).rejects.toMatchObject({ code: 'mailbox.server-unreachable' });
    const aborted = openImapSource(access({}), AbortSignal.abort());
    await expect(aborted).rejects.toThrow();
  });
});

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}
