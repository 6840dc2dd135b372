import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { SERVER_TIMES } from '../../limits.js';
import { all, mail } from '../../ports/mail-source.contract.js';
import { LOGIN_REFUSED, type MailSource, NEEDS_ASSOCIATION, type SourceAccess } from '../../ports/mail-source.port.js';
import { type Script, ScriptedServer } from '../scripted-server.harness.js';
import { pop3Source } from './pop3-source.adapter.js';

const QUICK = { ...SERVER_TIMES, signedInEveryMs: 20, silenceMaxMs: 300, greetingMaxMs: 300 };
const GREETING = '+OK ready\r\n';
const one = mail('one').toString();

/** A server with one mail. */
const HEALTHY: Readonly<Record<string, string>> = {
  CAPA: '+OK\r\nUSER\r\nTOP\r\nUIDL\r\n.\r\n', USER: '+OK\r\n', PASS: '+OK\r\n', UIDL: '+OK\r\n1 a\r\n.\r\n', LIST: `+OK\r\n1 ${one.length}\r\n.\r\n`, RETR: `+OK\r\n${one}.\r\n`,
  TOP: '+OK\r\nSubject: one\r\n\r\n.\r\n', DELE: '+OK\r\n', QUIT: '+OK bye\r\n',
};

describe('by POP3 a server that', () => {
  const opened: { stop: () => Promise<void> }[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.stop();
  });

  const access = (port: number, own: Partial<SourceAccess> = {}): SourceAccess => ({
    mailboxId: 'id', protocol: 'pop3', host: '127.0.0.1', port, tls: 'none', user: 'print', folder: 'INBOX', certificateAuthority: '',
    signIn: { kind: 'password', password: 'very secret' }, afterProcessing: 'delete', processedFolder: '', ...own,
  });

  async function serve(answers: Readonly<Record<string, string>> | Script, greeting = GREETING): Promise<ScriptedServer> {
    const script: Script = typeof answers === 'function' ? answers : (line) => answers[line.split(' ', 1)[0] ?? ''];
    const server = await ScriptedServer.start(greeting, (line, socket) => script(line, socket) ?? HEALTHY[line.split(' ', 1)[0] ?? '']);
    opened.unshift({ stop: () => server.stop() });
    return server;
  }

  async function open(server: ScriptedServer, own: Partial<SourceAccess> = {}): Promise<MailSource> {
    const source = await pop3Source(QUICK)(access(server.port, own), new AbortController().signal);
    opened.unshift({ stop: () => source.close() });
    return source;
  }

  it('is well is used', async () => {
    const source = await open(await serve({}));
    expect(await source.list()).toEqual(['a']);
    expect((await all(source.fetch(['a']))).map(({ whole }) => whole?.toString())).toEqual([one]);
    expect(await source.settle(['a'], 'delete', '')).toBe(true);
  });

  it.each([
    ['says nothing', {}, '', 'mailbox.server-unreachable', /it is silent/],
    ['falls silent', { UIDL: '' }, GREETING, 'mailbox.connection-lost', /it does not answer/],
    ['is no POP3 server', {}, 'SSH-2.0-OpenSSH_9.2\r\n', 'mailbox.connection-lost', /^(?!.*SSH).* not a POP3 server: are server, port/],
    ['sends a line without end', {}, 'x'.repeat(100_000), 'mailbox.connection-lost', /a line that is too long/],
    ['lets nobody in', {}, '-ERR [SYS/TEMP] too many connections\r\n', 'mailbox.server-failing', /too many connections/],
    ['has another client', { PASS: '-ERR [IN-USE] locked\r\n' }, GREETING, 'mailbox.in-use', /Another program is signed in to print/],
    ['wants to be left alone', { PASS: '-ERR [LOGIN-DELAY] 30 seconds\r\n' }, GREETING, 'mailbox.login-too-soon', /30 seconds/],
    ['refuses the user', { USER: '-ERR who?\r\n' }, GREETING, LOGIN_REFUSED, /who\?/],
    ['refuses the password', { PASS: '-ERR [AUTH] no\r\n' }, GREETING, LOGIN_REFUSED, /refused the user name or the password: no/],
    ['has no UIDL', { UIDL: '-ERR unknown\r\n' }, GREETING, 'mailbox.not-supported', /UIDL/],
    ['lists without end', { UIDL: `+OK\r\n${'x'.repeat(1_000_000)}` }, GREETING, 'mailbox.connection-lost', /does not answer as a POP3 server does: xxx/],
    ['can do more than anybody', { CAPA: `+OK\r\n${`X-${'x'.repeat(1_000)}\r\n`.repeat(100)}.\r\n` }, GREETING, 'mailbox.connection-lost', /it lists without end/],
    ['lists more mails than anybody has', { UIDL: `+OK\r\n${'1 a\r\n'.repeat(500_001)}.\r\n` }, GREETING, 'mailbox.not-supported', /more than 500000 mails/],
    ['lists nonsense', { UIDL: '+OK\r\none a\r\n.\r\n' }, GREETING, 'mailbox.connection-lost', /does not answer as a POP3 server does: one a/],
  ])('%s is named', async (_, answers, greeting, code, message) => {
    const failure = await open(await serve(answers as Record<string, string>, greeting)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(JSON.stringify(failure)).not.toContain('very secret');
  });

  it('gives mails names without measure is not heard to the end', async () => {
    const server = await serve({ UIDL: `+OK\r\n${`1 ${'x'.repeat(4_000)}\r\n`.repeat(13_000)}.\r\n` });
    // So many bytes take a while on a machine that has other things to do.
    const source = pop3Source({ ...QUICK, silenceMaxMs: 10_000 })(access(server.port), new AbortController().signal);
    await expect(source).rejects.toThrow(/it lists without end/);
  }, 30_000);

  it('offers no TLS gets no password, and none either when it speaks on in clear text', async () => {
    const without = await serve({ STLS: '-ERR unknown command\r\n' });
    await expect(open(without, { tls: 'starttls' })).rejects.toMatchObject({ code: 'mailbox.tls-failed' });
    const injecting = await serve({ STLS: '+OK begin\r\n+OK injected\r\n' });
    await expect(open(injecting, { tls: 'starttls' })).rejects.toMatchObject({ code: 'mailbox.tls-failed' });
    for (const { heard } of [without, injecting]) expect(heard.filter((line) => /USER|PASS|AUTH/.test(line))).toEqual([]);
  });

  it('takes PLAIN gets user and password so, in UTF-8', async () => {
    const server = await serve((line) => (line === 'CAPA' ? '+OK\r\nSASL PLAIN XOAUTH2\r\n.\r\n' : line === 'AUTH PLAIN' ? '+ \r\n' : /^[\w+/=]{20,}$/.test(line) ? '+OK\r\n' : undefined));
    await open(server, { signIn: { kind: 'password', password: 'Pässword' } });
    expect(Buffer.from(server.heard[2] ?? '', 'base64').toString()).toBe('\0print\0Pässword');
  });

  it('refuses a token gets one other, and then says why not', async () => {
    const tokens: (string | undefined)[] = [];
    const server = await serve((line) => {
      if (line.startsWith('AUTH XOAUTH2')) return '+ \r\n';
      const response = Buffer.from(line, 'base64').toString();
      if (response.startsWith('user=print\x01auth=Bearer ')) return response.includes('good') ? '+OK\r\n' : `+ ${Buffer.from('{"status":"400"}').toString('base64')}\r\n`;
      return line === '' ? '-ERR [AUTH] Authentication failure\r\n' : undefined;
    });
    const accessToken = (...another: string[]) => async (refused?: string): Promise<string> => {
      tokens.push(refused);
      return refused === undefined ? 'old' : (another[0] ?? 'old');
    };
    await open(server, { signIn: { kind: 'token', access: 'delegated', accessToken: accessToken('good') } });
    expect(tokens).toEqual([undefined, 'old']);
    await expect(open(server, { signIn: { kind: 'token', access: 'delegated', accessToken: accessToken('other') } })).rejects.toMatchObject({ code: NEEDS_ASSOCIATION, message: expect.stringContaining('Authentication failure, status 400') });
    await expect(open(server, { signIn: { kind: 'token', access: 'application', accessToken: accessToken() } })).rejects.toMatchObject({ code: LOGIN_REFUSED });
    expect(tokens).toHaveLength(6);
  });

  it('says at the end that it could not delete all, or not at all, is believed', async () => {
    const source = await open(await serve({ QUIT: '-ERR some not removed\r\n' }));
    expect(await source.settle(['a'], 'delete', '')).toBe(false);
    const refusing = await open(await serve({ DELE: '-ERR read-only\r\n' }));
    expect(await refusing.settle(['a'], 'delete', '')).toBe(false);
    const ending = await open(await serve((line, socket) => (line === 'QUIT' ? (socket.destroy(), '') : undefined)));
    await expect(ending.settle(['a'], 'delete', '')).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
  });

  it('takes several commands at once gets them so', async () => {
    const uidl = `+OK\r\n${Array.from({ length: 50 }, (_, index) => `${index + 1} k${index}\r\n`).join('')}.\r\n`;
    const server = await serve({ CAPA: '+OK\r\nPIPELINING\r\nUSER\r\n.\r\n', UIDL: uidl, LIST: uidl.replaceAll(/k\d+/g, '100') });
    const source = await open(server);
    expect(await source.settle(await source.list(), 'delete', '')).toBe(true);
    expect(server.heard.slice(-2)).toEqual(['DELE 50', 'QUIT']);
  });

  it('gives two mails one name has both of them fetched, and no more deleted than what was fetched', async () => {
    const two = mail('two').toString();
    const script: Script = (line) => ({ 'RETR 2': `+OK\r\n${two}.\r\n`, UIDL: '+OK\r\n1 same\r\n2 same\r\n.\r\n', LIST: '+OK\r\n1 5\r\n2 5\r\n.\r\n' })[line];
    const server = await serve(script);
    const source = await open(server);
    const [first = '', second = ''] = await source.list();
    expect((await all(source.fetch([first, second]))).map(({ whole }) => whole?.toString())).toEqual([one, two]);
    await source.settle([first], 'delete', '');
    expect(server.heard.filter((line) => line.startsWith('DELE'))).toEqual(['DELE 1']);
    expect(await source.list()).toEqual([first, second]);
    await source.settle([second], 'delete', '');
    expect(server.heard.filter((line) => line.startsWith('DELE'))).toEqual(['DELE 1', 'DELE 2']);
  });

  it('gives more than it said is not believed: the mail counts as a long one', async () => {
    const long = `${one}${'x'.repeat(76)}\r\n`.repeat(80_000);
    const source = await open(await serve({ RETR: `+OK\r\n${long}.\r\n` }));
    const [found] = await all(source.fetch(await source.list()));
    expect(found?.whole).toBeUndefined();
    expect((await buffer(source.fetchLong('a', 50_000_000))).length).toBe(long.length);
  });

  it('ends in the middle of a mail has not given it', async () => {
    const source = await open(await serve((line, socket) => (line.startsWith('RETR') ? (socket.end('+OK\r\nSubject: half'), '') : undefined)));
    await expect(all(source.fetch(await source.list()))).rejects.toMatchObject({ code: 'mailbox.connection-lost' });
  });

  it('can\'t give a header alone gives the mail, which is heard so far', async () => {
    const source = await open(await serve({ TOP: '-ERR unknown\r\n' }));
    await source.list();
    expect((await buffer(source.fetchHeader('a'))).toString()).toBe('From: a@example.org\r\nSubject: one\r\n\r\n');
  });

  it('says how long it wants to be left alone is left alone so long', async () => {
    const server = await serve({ CAPA: '+OK\r\nUSER\r\nLOGIN-DELAY 1\r\n.\r\n' });
    const source = await open(server);
    const startedAt = performance.now();
    await source.waitForMail();
    await source.check();
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    expect(server.heard.filter((line) => line.startsWith('PASS'))).toHaveLength(2);
  });
});
