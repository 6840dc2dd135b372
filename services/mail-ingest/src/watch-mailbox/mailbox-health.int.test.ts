import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { type Script, ScriptedServer } from '../adapters/scripted-server.harness.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';

const good = { address: 'good@inkpost.test', password: 'secret' };
const shared = { address: 'shared@inkpost.test', password: 'secret' };

/** Bad mailboxes of each sort. */
const EACH = 5;

describeWithServer('dovecot', 'the health of mailboxes', () => {
  let harness: MailIngestHarness;
  let replica: Replica;
  let dovecot: DovecotServer;
  const servers: ScriptedServer[] = [];

  beforeAll(async () => {
    dovecot = await startDovecot({ users: [good, shared] });
    harness = await MailIngestHarness.start();
    replica = await harness.startReplica({ INKPOST_POP3_EVERY_SECONDS: '1' });
  });
  afterAll(async () => {
    await harness.stop();
    for (const server of servers) await server.stop();
    await dovecot.remove();
  });

  async function serve(greeting: string, script: Script): Promise<number> {
    const server = await ScriptedServer.start(greeting, script);
    servers.push(server);
    return server.port;
  }

  async function watch(address: string, kind: 'imap' | 'pop3', own: object): Promise<string> {
    const access = { host: '127.0.0.1', port: dovecot.imapPort, tls: 'none', password: 'secret', ...own };
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: { address, kind, queueId: 'queue', enabled: true, [kind]: access } });
    return mailbox?.mailboxId ?? '';
  }

  const all = async () => (await replica.mailboxes.listMailboxes({})).mailboxes;

  async function waitFor(mailboxId: string, state: string) {
    return eventually(async () => (await all()).find((mailbox) => mailbox.mailboxId === mailboxId && mailbox.state === state), `the mailbox is ${state}`);
  }

  it('says of each what it waits for, and no bad one slows a good one', async () => {
    const silent = await serve('', () => undefined);
    const dribbling = await serve('* OK [CAPABILITY IMAP4rev1', () => 'x'.repeat(10));
    const refusing = await serve('+OK\r\n', (line) => (line.startsWith('PASS') ? '-ERR no\r\n' : line === 'CAPA' ? '-ERR\r\n' : '+OK\r\n'));
    const flooding = await serve('+OK\r\n', () => 'x'.repeat(500_000));
    for (let index = 0; index < EACH; index += 1) {
      await watch(`silent${index}@inkpost.test`, 'imap', { port: silent });
      await watch(`dribbling${index}@inkpost.test`, 'imap', { port: dribbling });
      await watch(`refusing${index}@inkpost.test`, 'pop3', { port: refusing });
      await watch(`flooding${index}@inkpost.test`, 'pop3', { port: flooding });
    }
    const mailboxId = await watch(good.address, 'imap', {});
    await waitFor(mailboxId, 'connected');
    const latenciesMs: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      const subject = `mail ${index}`;
      await dovecot.deliver({ to: [good.address], raw: `From: a@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${index}@example.org>\r\n\r\nhello\r\n` });
      const deliveredAt = performance.now();
      await harness.messageAbout(subject);
      latenciesMs.push(performance.now() - deliveredAt);
    }
    // Half a second of it is the mail server's own.
    expect(Math.max(...latenciesMs)).toBeLessThan(1_500);
    const states = await eventually(async () => {
      const now = new Map((await all()).map(({ settings, state }) => [settings?.address ?? '', state]));
      return [...now.values()].filter((state) => state === 'waiting').length >= 2 * EACH && now;
    }, 'refused and flooded ones wait');
    expect([...states].filter(([, state]) => state === 'waiting').map(([address]) => address.replace(/\d.*/, '')).sort()).toEqual([...Array<string>(EACH).fill('flooding'), ...Array<string>(EACH).fill('refusing')]);
    expect([states.get(good.address), states.get('silent0@inkpost.test')]).toEqual(['connected', 'connecting']);
    const counted = (await all()).find((mailbox) => mailbox.mailboxId === mailboxId);
    expect(counted).toMatchObject({ counts: { received: 5, refused: 0 }, problem: '', settings: { kind: 'imap', queueId: 'queue', address: good.address } });
  });

  it('several mailboxes of an account try a wrong password once', async () => {
    const server = createServer((near) => {
      connections += 1;
      const far = connect(dovecot.imapPort, '127.0.0.1');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => undefined);
    });
    let connections = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ids: string[] = [];
    for (let index = 0; index < EACH; index += 1) ids.push(await watch(`folder${index}@inkpost.test`, 'imap', { port, user: shared.address, folder: index === 0 ? 'INBOX' : `Folder ${index}`, password: 'wrong' }));
    for (const id of ids) expect((await waitFor(id, 'waiting')).problem).toMatch(/refused the user name or the password/);
    expect(connections).toBe(1);
    server.close();
  });
});
