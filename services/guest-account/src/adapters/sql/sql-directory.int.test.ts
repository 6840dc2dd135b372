import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSteps } from '@inkpost/server-connection/run-steps.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { makeTestCertificate } from '@inkpost/testkit/test-certificate.js';
import type { DirectoryPerson, PeopleDirectory } from '../../ports/directory.port.js';
import type { SqlDirectory } from './sql-directory.adapter.js';
import { type BadgeBase, directoryOn, startMariadbBase, startPostgresBase } from './sql-places.harness.js';

describe('a directory in PostgreSQL', () => describeBadges(startPostgresBase, 'SELECT pg_sleep(20)::text', /^PostgreSQL 17/));
describeWithServer('mariadb', 'a directory in MariaDB', () => describeBadges(startMariadbBase, 'SELECT sleep(20)', /^MariaDB \d/));

function describeBadges(start: () => Promise<BadgeBase>, sleeping: string, server: RegExp): void {
  let base: BadgeBase;
  const opened: SqlDirectory[] = [];
  const directory = (more: Parameters<typeof directoryOn>[1] = {}, password?: string): SqlDirectory => {
    const one = directoryOn(base, more, password);
    opened.push(one);
    return one;
  };
  /** Another query with the columns of the usual one. */
  const selecting = (what: string, from = 'FROM badge WHERE lower(mail) = :address') => ({ addressQuery: `SELECT ${what}, id, login, full_name, mail, other_mails, lang, blocked, 'x' AS team ${from}` });
  const failure = async (work: Promise<unknown>): Promise<string> => work.then(() => 'nothing failed', (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)));
  const person = async (people: PeopleDirectory, address: string): Promise<DirectoryPerson> => {
    const found = await people.findByAddress(address);
    if (found.kind !== 'found') throw new Error(`${address} is ${found.kind}`);
    return found.person;
  };
  const steps = async (one: SqlDirectory): Promise<string[]> => {
    const way = one.testWay();
    try {
      return (await runSteps(way.steps, AbortSignal.timeout(20_000))).map(({ step, outcome, text }) => `${step} ${outcome}: ${text}`);
    } finally {
      await way.close();
    }
  };

  beforeAll(async () => {
    base = await start();
  });
  afterAll(async () => {
    for (const one of opened) one.close();
    await base.remove();
  });

  it('finds a person by each address, in any case, with the same account, the main address first, and groups', async () => {
    const one = directory();
    const people = await Promise.all(['ada@corp.example', 'lovelace@corp.example', 'countess@corp.example'].map((address) => person(one, address)));
    expect(people[0]).toMatchObject({ login: 'ada', displayName: 'Ada Lovelace', language: 'fr-CA', locked: false, addresses: ['ada@corp.example', 'countess@corp.example', 'lovelace@corp.example'] });
    expect(people.slice(1)).toEqual([people[0], people[0]]);
    expect([await one.groupsOf(await person(one, 'ada@corp.example')), await one.groupsOf(await person(one, 'o\'hara@corp.example'))]).toEqual([['Print users', 'Staff'], ['Atlanta', 'Staff']]);
    expect(await one.findByAddress('nobody@corp.example')).toEqual({ kind: 'nobody' });
    expect(await person(directory({ addressColumns: ['other_mails', 'mail'] }), 'ada@corp.example')).toMatchObject({ addresses: ['countess@corp.example', 'lovelace@corp.example', 'ada@corp.example'] });
  });

  it('finds whoever has the very address, whatever the query lets in', async () => {
    expect(await person(directory(), 'ada@corp.example')).toMatchObject({ login: 'ada' });
    expect(await directory().findByAddress('%@corp.example')).toEqual({ kind: 'nobody' });
    expect(await directory().findByAddress('\' or 1=1 -- @corp.example')).toEqual({ kind: 'nobody' });
    expect(await person(directory(), 'zoë@xn--bro-hoa.example')).toMatchObject({ displayName: 'Zoë', addresses: ['zoë@xn--bro-hoa.example'] });
  });

  it('says that several have an address, and who is blocked', async () => {
    expect(await directory().findByAddress('twin@corp.example')).toEqual({ kind: 'ambiguous', logins: ['twin1', 'twin2'] });
    expect(await person(directory(), 'gone@corp.example')).toMatchObject({ locked: true });
    expect(await person(directory({ lockedColumn: '' }), 'gone@corp.example')).toMatchObject({ locked: false });
  });

  it('finds a person by a login where there is a query for it, and lets nobody in by a password', async () => {
    expect(await directory().findByLogin('ADA')).toMatchObject({ kind: 'found', person: { login: 'ada' } });
    expect([await directory().findByLogin('nobody'), await directory({ loginQuery: '' }).findByLogin('ada')]).toEqual([{ kind: 'nobody' }, { kind: 'nobody' }]);
    expect([await directory().checkCredentials(), directory().noPasswords]).toEqual([false, expect.stringContaining('no passwords')]);
  });

  it('writes nothing, also where the account might', async () => {
    expect(await failure(directory(selecting('note_it(:address) AS noted')).findByAddress('ada@corp.example'))).toBe('CauseDown: The query would write, which is not let through: it must only read.');
    const counting = { addressQuery: 'SELECT count(*) AS id, \'count\' AS login, :address AS mail FROM noted', nameColumn: '', languageColumn: '', groupColumn: '', lockedColumn: '', addressColumns: ['mail'] };
    expect(await person(directory(counting), 'any@corp.example')).toMatchObject({ reference: '0' });
  });

  it('gives up what takes too long, and goes on', async () => {
    const slow = directory({ ...selecting(`(${sleeping}) AS slow`), timeoutMs: 500 });
    const before = performance.now();
    expect(await failure(slow.findByAddress('ada@corp.example'))).toBe('CauseDown: The server gave up the query, it took too long: is what it looks for indexed there?');
    expect(performance.now() - before).toBeLessThan(2_500);
    expect(await slow.findByAddress('nobody@corp.example')).toEqual({ kind: 'nobody' });
  });

  it('bounds what a query without a condition gives', async () => {
    const many = selecting('1 AS one', `FROM badge CROSS JOIN (SELECT 1 AS n ${Array.from({ length: 399 }, () => 'UNION ALL SELECT 1').join(' ')}) AS many WHERE :address <> ''`);
    expect(await failure(directory(many).findByAddress('ada@corp.example'))).toMatch(/gives 2000 rows or more for one address: correct it/);
  });

  it('asks side by side, and on new connections after the server was restarted', async () => {
    const one = directory();
    const addresses = ['ada@corp.example', 'lovelace@corp.example', 'gone@corp.example', 'nobody@corp.example'];
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, n) => (await one.findByAddress(addresses[n % 4] ?? '')).kind));
    expect(answers.filter((kind) => kind === 'found')).toHaveLength(30);
    await base.restart();
    expect(await person(one, 'ada@corp.example')).toMatchObject({ login: 'ada' });
  });

  it('that hangs holds nobody longer than its time, and answers when it goes on', async () => {
    const one = directory({ timeoutMs: 500 });
    base.hang();
    try {
      const before = performance.now();
      expect(await failure(one.findByAddress('ada@corp.example'))).toMatch(/does not answer in time/);
      expect(performance.now() - before).toBeLessThan(2_500);
    } finally {
      base.resume();
    }
    await expect.poll(async () => failure(person(one, 'ada@corp.example'))).toBe('nothing failed');
  });

  it.each<[string, (own: typeof directory) => SqlDirectory, RegExp]>([
    ['a wrong password', (own) => own({}, 'wrong-hunter2'), /refuses the account that reads/],
    ['another database', (own) => own({ database: 'nowhere' }), /no such database, or the account/],
    ['a table that is not there', (own) => own(selecting('1 AS one', 'FROM bage WHERE mail = :address')), /(?:a table that is not there|grant it SELECT there).*bage/],
    ['a column that is not there', (own) => own(selecting('maill AS one')), /column that is not there.*maill/],
    ['a table of others', (own) => own(selecting('1 AS one', 'FROM badge WHERE mail = :address AND EXISTS (SELECT 1 FROM hidden)')), /grant it SELECT there.*hidden/],
    ['no sense', (own) => own(selecting('1 AS one', 'FORM badge WHERE mail = :address')), /does not understand the query/],
    ['a result without a column', (own) => own({ groupColumn: 'department' }), /has no column department; it has id, login, .* Correct/],
    ['an identity that not everybody has', (own) => own({ identityColumn: 'lang' }), /A row has no lang/],
    ['a certificate that nobody vouches for', (own) => own({ certificateAuthority: '' }), /certificate .*refused/],
  ])('is down by %s, and says why without the password', async (_what, make, text) => {
    const said = await failure(make(directory).findByAddress('o\'hara@corp.example'));
    expect(said).toMatch(text);
    expect(said).not.toMatch(/hunter2|reads-badges/);
  });

  it('is tested step by step', async () => {
    expect(await steps(directory())).toEqual([
      expect.stringMatching(/^dns passed: localhost is /), expect.stringMatching(/^tcp passed: .* takes connections\.$/), expect.stringMatching(/^tls passed: TLSv1\.3, certificate of localhost/),
      expect.stringMatching(new RegExp(`^sign-in passed: ${server.source.slice(1)}.* lets reader in to badges\\.$`)), 'query passed: The server understands the query; its result has id, login, mail, other_mails, full_name, lang, team, blocked. Nothing can be written by it.',
    ]);
    expect((await steps(directory({ certificateAuthority: (await makeTestCertificate()).ca })))[2]).toMatch(/^tls failed: The certificate of localhost is refused\. .*unknown here/);
    expect((await steps(directory({ tls: 'none' })))[2]).toMatch(/^tls skipped: No TLS, by choice/);
    expect((await steps(directory({}, 'wrong')))[3]).toMatch(/^sign-in failed: The server refuses the account that reads/);
    expect((await steps(directory({ lockedColumn: 'closed' })))[4]).toMatch(/^query failed: .* no column closed/);
    expect((await steps(directory({ loginQuery: 'SELECT :login AS login' })))[4]).toMatch(/^query failed: .* no column id, /);
    expect((await steps(directory({ host: '169.254.169.254' })))[0]).toMatch(/^dns failed: .*link-local/);
  });

  it('tells a server that is none of its kind, or offers no TLS', async () => {
    const say = async (greeting: Buffer): Promise<string[]> => {
      const other = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.write(greeting);
      }).listen(0, '127.0.0.1');
      await once(other, 'listening');
      try {
        return await steps(directory({ port: (other.address() as AddressInfo).port, timeoutMs: 500 }));
      } finally {
        other.close();
      }
    };
    expect((await say(Buffer.from('220 mail.example ESMTP\r\n')))[2]).toMatch(/^tls failed: What answers there/);
    // MySQL's greeting (Protocol::HandshakeV10): no flag says TLS.
    const greeting = Buffer.concat([Buffer.from([10]), Buffer.from('5.5.5-10.11.0-MariaDB\0'), Buffer.alloc(13), Buffer.from([0x00, 0x02]), Buffer.alloc(20)]);
    const withoutTls = base.engine === 'postgres' ? Buffer.from('N') : Buffer.concat([Buffer.from([greeting.length, 0, 0, 0]), greeting]);
    expect((await say(withoutTls))[2]).toMatch(/^tls failed: The server grants no TLS/);
  });
}
