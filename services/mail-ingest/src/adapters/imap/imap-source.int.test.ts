import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { SERVER_TIMES } from '../../limits.js';
import { describeMailSource, mail } from '../../ports/mail-source.contract.js';
import { FOLDER_MISSING, LOGIN_REFUSED, type MailSource, type SourceAccess } from '../../ports/mail-source.port.js';
import { DovecotPlaces } from '../dovecot-places.harness.js';
import { ScriptedServer } from '../scripted-server.harness.js';
import { imapSource } from './imap-source.adapter.js';

const CHOICES = ['keep', 'flag', 'move', 'delete'] as const;
const QUICK = { ...SERVER_TIMES, polledEveryMs: 200, checkedEveryMs: 1_000, checkAnsweredMaxMs: 500, imapSilenceMaxMs: 2_000 };

describeWithServer('dovecot', 'a folder opened by IMAP', () => {
  let places: DovecotPlaces;
  const opened: MailSource[] = [];

  beforeAll(async () => {
    places = await DovecotPlaces.start();
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });
  afterAll(() => places.stop());

  async function open(access: SourceAccess, times = SERVER_TIMES as typeof QUICK): Promise<MailSource> {
    const each = await imapSource(times)(access, new AbortController().signal);
    opened.push(each);
    return each;
  }

  describeMailSource(() => ({ open: imapSource(), choices: CHOICES, hasFolders: true, announces: true, makePlace: () => places.makePlace('imap') }));

  it('says when a mail may have come, also when that was before it was asked', async () => {
    const place = await places.makePlace('imap');
    const each = await open(place.access);
    const waiting = each.waitForMail();
    await place.add(mail('one'));
    await waiting;
    await place.add(mail('two'));
    await each.list();
    expect(await each.waitForMail()).toBeTypeOf('number');
  });

  it('notices that it was deleted, and that it was made anew, which servers hide', async () => {
    const place = await places.makePlace('imap');
    const user = { address: place.access.user, password: place.secret };
    const access = { ...place.access, folder: 'Print' };
    await places.asOwner(user, (client) => client.mailboxCreate('Print'));
    const each = await open(access);
    expect(await each.check()).toBe(false);
    await places.asOwner(user, async (client) => {
      await client.mailboxDelete('Print');
      await client.mailboxCreate('Print');
    });
    await expect(each.check()).rejects.toMatchObject({ code: 'mailbox.connection-lost', message: expect.stringContaining('made anew') });
    const again = await open(access);
    expect(again.epoch).not.toBe(each.epoch);
    await places.asOwner(user, (client) => client.mailboxDelete('Print'));
    await expect(again.check()).rejects.toMatchObject({ code: FOLDER_MISSING });
  });

  it('makes the folder for processed mails anew when somebody deleted it meanwhile', async () => {
    const place = await places.makePlace('imap', { afterProcessing: 'move', processedFolder: 'Printed' });
    await place.add(mail('one'));
    const each = await open(place.access);
    await places.asOwner({ address: place.access.user, password: place.secret }, (client) => client.mailboxDelete('Printed'));
    expect(await each.settle(await each.list(), 'move', 'Printed')).toBe(true);
    expect(await place.mailsThere()).toMatchObject([{ folder: 'Printed', subject: 'one' }]);
  });

  it('notices a connection that died without a word', async () => {
    const place = await places.makePlace('imap');
    const each = await open(place.access, QUICK);
    place.relay.deafOnce = 'EXAMINE';
    const startedAt = performance.now();
    // The next check is asked, and never answered.
    expect(await each.waitForMail()).toBeUndefined();
    await expect(each.check()).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
    const asked = 1.1 * QUICK.checkedEveryMs;
    expect(performance.now() - startedAt).toBeGreaterThan(0.9 * QUICK.checkedEveryMs + QUICK.checkAnsweredMaxMs - 50);
    expect(performance.now() - startedAt).toBeLessThan(asked + QUICK.imapSilenceMaxMs);
    // In IDLE, and in the middle of mails; then a second until it is tried again, and some until it is connected.
    expect(Math.max(1.1 * SERVER_TIMES.checkedEveryMs + SERVER_TIMES.checkAnsweredMaxMs, SERVER_TIMES.imapSilenceMaxMs)).toBeLessThan(100_000);
    // The client itself asks, and leaves IDLE, when nothing came for so long.
    expect(1.1 * SERVER_TIMES.checkedEveryMs).toBeLessThan(SERVER_TIMES.imapSilenceMaxMs);
  });

  it('is not opened without the TLS that is asked for, the right password, or a server', async () => {
    const { access } = await places.makePlace('imap');
    const { imapPort, imapsPort, ca } = places.dovecot;
    await expect(open({ ...access, signIn: { kind: 'password', password: 'wrong' } })).rejects.toMatchObject({ code: LOGIN_REFUSED });
    await expect(open({ ...access, port: imapPort, tls: 'starttls' })).rejects.toMatchObject({ code: 'mailbox.certificate-untrusted' });
    await expect(open({ ...access, port: imapPort, tls: 'starttls', certificateAuthority: ca })).resolves.toHaveProperty('epoch');
    await expect(open({ ...access, port: imapsPort, tls: 'implicit', certificateAuthority: ca, host: 'localhost' })).resolves.toHaveProperty('epoch');
    await expect(open({ ...access, port: imapPort, tls: 'implicit' })).rejects.toMatchObject({ code: 'mailbox.tls-failed' });
    await expect(open({ ...access, port: 1 })).rejects.toMatchObject({ code: 'mailbox.server-unreachable' });
  });
});

describe('by IMAP a server that', () => {
  const access = (port: number): SourceAccess => ({
    mailboxId: 'id', protocol: 'imap', host: '127.0.0.1', port, tls: 'none', user: 'print', folder: 'INBOX', certificateAuthority: '',
    signIn: { kind: 'password', password: 'very secret' }, afterProcessing: 'keep', processedFolder: '',
  });
  const times = { ...QUICK, greetingMaxMs: 300 };

  it.each([
    ['says nothing', '', 'mailbox.server-unreachable', /it is silent/],
    ['is no IMAP server', 'SSH-2.0-OpenSSH_9.2\r\n', 'mailbox.server-unreachable', /it is silent/],
    ['wants nobody now', '* BYE too many connections\r\n', 'mailbox.connection-lost', /lost/],
    ['can\'t ask whether the password is good', '* OK [CAPABILITY IMAP4rev1] ready\r\n', 'mailbox.server-failing', /lets nobody in: Temporary authentication failure\.$/],
  ])('%s is named, and its trouble is not taken for a wrong password', async (_, greeting, code, message) => {
    const server = await ScriptedServer.start(greeting, (line) => {
      const [tag = '', command] = line.split(' ');
      return command === 'LOGIN' ? `${tag} NO [UNAVAILABLE] Temporary authentication failure.\r\n` : `${tag} OK done\r\n`;
    });
    const failure = await imapSource(times)(access(server.port), new AbortController().signal).catch((error: unknown) => error);
    await server.stop();
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describeWithServer('dovecot', 'a folder of a server without IDLE, opened by IMAP', () => {
  let places: DovecotPlaces;

  beforeAll(async () => {
    places = await DovecotPlaces.start({ settings: 'protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR LITERAL+ UIDPLUS MOVE\n}' });
    return () => places.stop();
  });

  it('is asked for new mails from time to time', async () => {
    const place = await places.makePlace('imap');
    const each = await imapSource(QUICK)(place.access, new AbortController().signal);
    expect([each.announces, await each.list()]).toEqual([false, []]);
    await place.add(mail('one'));
    expect([await each.waitForMail(), await each.check(), (await each.listNew()).length]).toEqual([undefined, true, 1]);
    await each.close();
  });
});

describeWithServer('dovecot', 'a folder of a server that deletes no single mails, opened by IMAP', () => {
  let places: DovecotPlaces;

  beforeAll(async () => {
    places = await DovecotPlaces.start({ settings: 'protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR LITERAL+ IDLE\n}' });
    return () => places.stop();
  });

  it.each(['move', 'delete'] as const)('keeps what others marked as deleted when processed mails are to go: %s', async (afterProcessing) => {
    const place = await places.makePlace('imap', { afterProcessing, processedFolder: 'Printed' });
    await place.add(mail('ours'), mail('theirs'));
    await places.asOwner({ address: place.access.user, password: place.secret }, async (client) => {
      await client.mailboxOpen('INBOX');
      await client.messageFlagsAdd('2', ['\\Deleted']);
    });
    const each = await imapSource(QUICK)(place.access, new AbortController().signal);
    const [ours = ''] = await each.list();
    expect(await each.settle([ours], afterProcessing, 'Printed')).toBe(true);
    await each.close();
    const there = (await place.mailsThere()).map(({ folder, subject }) => `${folder} ${subject}`);
    expect(there.sort()).toEqual(afterProcessing === 'move' ? ['INBOX ours', 'INBOX theirs', 'Printed ours'] : ['INBOX ours', 'INBOX theirs']);
  });
});
