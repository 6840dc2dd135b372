import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSteps } from '@inkpost/server-connection/run-steps.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotOptions, type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { type KeyedCertificate, makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { probeImapMailbox } from '../adapters/imap/imap-probe.adapter.js';
import { ScriptedServer } from '../adapters/scripted-server.harness.js';
import { TEST_MAX_MS } from '../limits.js';
import type { SourceAccess } from '../ports/mail-source.port.js';
import { ServerTest } from './server-test.js';
import type { TestStepResult } from './test-step.js';

const user = { address: 'print@test.example', password: 'print-secret' };
const names = ['DNS:localhost', 'IP:127.0.0.1'];

let authority: KeyedCertificate;
let dovecot: DovecotServer;
const stops: (() => Promise<unknown>)[] = [];

async function dovecotWith(options: Partial<DovecotOptions>): Promise<DovecotServer> {
  const started = await startDovecot({ users: [user], ...options });
  stops.push(() => started.remove());
  return started;
}

function access(own: Partial<SourceAccess> = {}): SourceAccess {
  return {
    mailboxId: 'none', protocol: 'imap', host: 'localhost', port: dovecot.imapsPort, tls: 'implicit', user: user.address, folder: 'INBOX', certificateAuthority: authority.certificate,
    signIn: { kind: 'password', password: user.password }, afterProcessing: 'keep', processedFolder: '', ...own,
  };
}

async function test(own: Partial<SourceAccess> = {}, withinMs = TEST_MAX_MS): Promise<TestStepResult[]> {
  const under = new ServerTest(access(own), probeImapMailbox);
  try {
    return await runSteps(under.steps, AbortSignal.timeout(withinMs));
  } finally {
    await under.close();
  }
}

/** Each step's outcome, and the text of the one that failed. */
function outcome(results: readonly TestStepResult[]): { readonly steps: string; readonly why: string } {
  return { steps: results.map(({ step, outcome }) => `${step} ${outcome}`).join(', '), why: results.find(({ outcome }) => outcome === 'failed')?.text ?? '' };
}

const failedAt = (step: string): string => {
  const all = ['dns', 'tcp', 'tls', 'login', 'folder', 'permissions'];
  const at = all.indexOf(step);
  return all.map((name, index) => `${name} ${index < at ? 'passed' : index === at ? 'failed' : 'not-run'}`).join(', ');
};

/** A server that does what a test wants with each connection. */
async function serverThat(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

describeWithServer('dovecot', 'a test of a mailbox on a mail server', () => {
  beforeAll(async () => {
    authority = await makeCertificate({ commonName: 'Example Internal CA' });
    const acl = await temporaryFolder('acl');
    stops.push(() => acl.remove());
    await chmod(acl.path, 0o755);
    await writeFile(join(acl.path, 'rights'), 'ReadOnly owner lr\nNoExpunge owner lrswti\nDone owner lr\n');
    dovecot = await dovecotWith({
      certificate: await makeCertificate({ commonName: 'mail.test.example', names, authority }),
      settings: `
mail_plugins = acl
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile:${acl.path}/rights
}
namespace inbox {
  mailbox ReadOnly {
    auto = create
  }
  mailbox NoExpunge {
    auto = create
  }
  mailbox Done {
    auto = create
  }
}`,
    });
    await dovecot.deliver({ to: [user.address], raw: 'Subject: one\n\nhello\n' });
  });
  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  it('passes every step of a good one, with what it found and how long it took', async () => {
    const results = await test();
    expect(outcome(results).steps).toBe('dns passed, tcp passed, tls passed, login passed, folder passed, permissions skipped');
    expect(results.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^localhost is .*127\.0\.0\.1/),
      `127.0.0.1:${dovecot.imapsPort} takes connections.`,
      expect.stringMatching(/^TLSv1\.3, certificate of mail\.test\.example, issued by Example Internal CA, valid until \d{4}-\d\d-\d\d/),
      'The mail server accepts the user print@test.example.',
      'INBOX can be read; 1 mail is in it.',
      'Processed mails stay as they are: reading is enough.',
    ]);
    for (const { durationMs } of results) expect(durationMs).toBeLessThan(5_000);
    expect(outcome(await test({ tls: 'starttls', port: dovecot.imapPort })).steps).toContain('tls passed, login passed, folder passed');
    const plain = await test({ tls: 'none', port: dovecot.imapPort, host: '127.0.0.1' });
    expect(outcome(plain).steps).toContain('tls skipped, login passed');
    expect(plain[2]?.text).toContain('can be read on their way');
  });

  it('changes nothing in the mailbox, whatever shall happen to processed mails', async () => {
    const before = await everything();
    for (const afterProcessing of ['flag', 'move', 'delete'] as const) {
      expect(outcome(await test({ afterProcessing, processedFolder: afterProcessing === 'move' ? 'New folder' : '' })).steps).toBe('dns passed, tcp passed, tls passed, login passed, folder passed, permissions passed');
    }
    expect(await everything()).toEqual(before);
  });

  it('says which rights the account lacks', async () => {
    const refused = async (own: Partial<SourceAccess>): Promise<string> => {
      const { steps, why } = outcome(await test(own));
      expect(steps).toBe(failedAt('permissions'));
      return why;
    };
    expect(await refused({ folder: 'ReadOnly', afterProcessing: 'flag' })).toBe("The account can't flag processed mails: in ReadOnly it lacks the rights to mark as read (s) and to set flags (w). Grant it on the mail server, or choose keep.");
    expect(await refused({ folder: 'NoExpunge', afterProcessing: 'delete' })).toContain('in NoExpunge it lacks the right to expunge (e)');
    expect(await refused({ afterProcessing: 'move', processedFolder: 'Done' })).toContain('in Done it lacks the right to put mails in (i)');
  });

  it.each([
    ['[READ-ONLY]', '(\\Seen \\Deleted \\*)', 'in INBOX it is read-only'],
    ['[READ-WRITE]', '(\\Seen)', 'in INBOX the mail server keeps no flag \\Deleted there'],
    ['[READ-WRITE]', '(\\Seen \\Deleted)', ''],
  ])('asks a server without ACL by opening the folder: %s with flags %s', async (word, flags, lack) => {
    const replies: Readonly<Record<string, string>> = {
      CAPABILITY: '* CAPABILITY IMAP4rev1\r\n', LIST: '* LIST () "/" INBOX\r\n', LSUB: '* LSUB () "/" INBOX\r\n',
      SELECT: `* 0 EXISTS\r\n* OK [PERMANENTFLAGS ${flags}] flags\r\n* OK [UIDVALIDITY 1] valid\r\n`, EXAMINE: '* 0 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\n',
    };
    const server = await ScriptedServer.start('* OK ready\r\n', (line) => {
      const [tag = '', command = ''] = line.split(' ');
      return `${replies[command] ?? ''}${tag} OK ${command === 'SELECT' ? word : ''} done\r\n`;
    });
    stops.push(() => server.stop());
    const results = await test({ port: server.port, tls: 'none', afterProcessing: 'delete' });
    expect(outcome(results)).toEqual({ steps: expect.stringMatching(lack === '' ? /permissions passed$/ : /folder passed, permissions failed$/), why: lack === '' ? '' : `The account can't delete processed mails: ${lack}. Grant it on the mail server, or choose keep.` });
    expect(server.heard.filter((line) => / (?:STORE|UID STORE|CREATE|EXPUNGE|APPEND|DELETE)/.test(line))).toEqual([]);
  });

  it.each([
    ['expired since', { names, validFrom: new Date('2024-01-01'), validTo: new Date('2024-06-01') }, /The certificate of localhost is refused\. It expired on 2024-06-01: it must be renewed on the server\.$/],
    ['for other hosts', { names: ['DNS:a.test.example', 'DNS:b.test.example'] }, /refused\. It is for a\.test\.example, b\.test\.example, not for localhost: set the server to the name/],
    ['not valid yet', { names, validFrom: new Date(Date.now() + 86_400_000) }, /It is valid only from .* on: is the clock right here/],
  ] as const)('says that a certificate is %s', async (_what, wish, text) => {
    const server = await dovecotWith({ certificate: await makeCertificate({ commonName: 'mail.test.example', ...wish, authority }) });
    for (const own of [{ port: server.imapsPort }, { port: server.imapPort, tls: 'starttls' }] as const) {
      const { steps, why } = outcome(await test(own));
      expect(steps).toBe(failedAt('tls'));
      expect(why).toMatch(text);
    }
  });

  it('says who issued a certificate that is not trusted, and all else that is wrong with it', async () => {
    const unknown = outcome(await test({ certificateAuthority: '' }));
    expect(unknown.steps).toBe(failedAt('tls'));
    expect(unknown.why).toContain('Its issuer "Example Internal CA" is unknown here: give that authority\'s certificate as certificateAuthority');
    const selfSigned = await makeCertificate({ commonName: 'mail.test.example', names: ['DNS:elsewhere.example'] });
    const server = await dovecotWith({ certificate: selfSigned });
    const { why } = outcome(await test({ port: server.imapsPort, certificateAuthority: '' }));
    expect(why).toMatch(/It is for elsewhere\.example, not for localhost.* It is self-signed: if it is the right one \(SHA-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}\), give it as certificateAuthority\./);
    // As it advises.
    expect(outcome(await test({ port: server.imapsPort, certificateAuthority: selfSigned.certificate })).why).not.toContain('self-signed');
  });

  it('says where TLS was chosen wrongly', async () => {
    expect(outcome(await test({ port: dovecot.imapPort })).why).toContain('does not speak TLS from the first byte on: choose starttls');
    // Each end waits for the other one's first word.
    const silent = outcome(await test({ tls: 'starttls' }, 1_500));
    expect(silent).toEqual({ steps: failedAt('tls'), why: expect.stringMatching(/^No answer within \d s\. The server is silent: is it a mail server, and are port and the choice of TLS right\?$/) });
    const notOffered = await serverThat((socket) => {
      socket.write('* OK ready\r\n');
      socket.on('data', () => socket.write('* 1 EXISTS\r\n1 BAD unknown command\r\n'));
    });
    expect(outcome(await test({ tls: 'starttls', port: notOffered })).why).toContain('grants no STARTTLS: choose implicit TLS');
  });

  it('says that nobody is there, and how', async () => {
    expect(outcome(await test({ host: 'no-such-host.invalid' }))).toEqual({ steps: failedAt('dns'), why: expect.stringMatching(/^The name no-such-host\.invalid (?:is unknown here|can't be looked up now)/) });
    const port = await freePort();
    expect(outcome(await test({ port }))).toEqual({ steps: failedAt('tcp'), why: expect.stringContaining(`127.0.0.1:${port} refuses connections on this port`) });
    expect(outcome(await test({ host: '169.254.169.254' }))).toEqual({ steps: failedAt('dns'), why: '169.254.169.254 is a link-local or metadata address, where no server may be unless INKPOST_LINK_LOCAL_SERVERS is set to allowed. Nothing was sent there.' });
  });

  it('looks for a server at a link-local address where the installation allows it', async () => {
    // Nobody has this address (RFC 3927, 2.1).
    const under = new ServerTest(access({ host: '169.254.0.1', addressRules: { linkLocalAllowed: true } }), probeImapMailbox);
    expect(await under.steps.find(({ name }) => name === 'dns')?.run(AbortSignal.timeout(5_000))).toMatchObject({ outcome: 'passed' });
    await under.close();
  });

  it('tells nobody what else answers there', async () => {
    const other = await serverThat((socket) => socket.write('SSH-2.0-Secret_banner\r\n'));
    const results = await test({ tls: 'starttls', port: other });
    expect(outcome(results)).toEqual({ steps: failedAt('tls'), why: expect.stringContaining('What answers there is not an IMAP server') });
    const endless = await serverThat((socket) => socket.write(`* OK${' banner'.repeat(50_000)}`));
    expect(outcome(await test({ tls: 'starttls', port: endless })).why).toContain('is not an IMAP server');
    const plain = await test({ tls: 'none', port: other }, 1_000);
    expect(outcome(plain).steps).toContain('login failed');
    expect(JSON.stringify([results, plain])).not.toMatch(/banner|SSH/);
  });

  it('says that user or password is wrong, that the folder is missing', async () => {
    const wrong = outcome(await test({ signIn: { kind: 'password', password: 'wrong-secret' } }));
    expect(wrong.steps).toBe(failedAt('login'));
    expect(wrong.why).toContain('refused the user name or the password');
    expect(wrong.why).not.toContain('wrong-secret');
    const missing = outcome(await test({ folder: 'No such folder' }));
    expect(missing).toEqual({ steps: failedAt('folder'), why: 'The requested folder could not be found: create "No such folder" on the mail server, or clear or correct the folder in the settings.' });
  });

  it('ends in time at a server that is silent, and at once when nobody waits for it', async () => {
    const port = await serverThat(() => undefined);
    const startedAt = performance.now();
    expect(outcome(await test({ port }, 1_000)).why).toMatch(/^No answer within 1 s\./);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  /** All that a client can see: folders, mails, flags, \Recent left aside, which any opened folder loses. */
  async function everything(): Promise<unknown> {
    const client = new ImapFlow({ host: 'localhost', port: dovecot.imapsPort, secure: true, tls: { ca: authority.certificate }, auth: { user: user.address, pass: user.password }, logger: false });
    await client.connect();
    try {
      const seen = [];
      for (const { path } of await client.list()) {
        const { uidNext, uidValidity, highestModseq } = await client.mailboxOpen(path, { readOnly: true });
        const mails = await client.fetchAll('1:*', { flags: true, uid: true });
        seen.push({ path, uidNext, uidValidity, highestModseq, mails: mails.map(({ uid, flags }) => ({ uid, flags: [...(flags ?? [])].filter((flag) => flag !== '\\Recent') })) });
      }
      return seen;
    } finally {
      await client.logout();
    }
  }
});
