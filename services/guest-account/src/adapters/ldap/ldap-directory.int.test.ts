import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSteps } from '@inkpost/server-connection/run-steps.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { crowd } from '@inkpost/testkit/slapd-organisation.js';
import { type SlapdServer, startSlapd } from '@inkpost/testkit/slapd-server.js';
import { makeTestCertificate } from '@inkpost/testkit/test-certificate.js';
import { directoryOn } from './ldap-places.harness.js';
import type { LdapDirectory } from './ldap-directory.adapter.js';

const HOSTILE = '*)(uid=*@alpha.example';
const people = [
  { uid: 'ada', name: 'Ada Lovelace', mail: ['Ada@Alpha.example'], proxyAddresses: ['x500:/o=alpha', 'smtp:lovelace@alpha.example', 'SMTP:countess@alpha.example'], mailAlternateAddress: ['a.lovelace@alpha.example'], language: 'fr-CA', password: 'analytical' },
  { uid: 'microsoft', name: 'Only Proxies', proxyAddresses: ['smtp:second@alpha.example', 'SMTP:first@alpha.example'] },
  { uid: 'hostile', name: 'Hostile', mail: ['"*)(uid=*"@alpha.example'] },
  { uid: 'idn', name: 'Zoë', proxyAddresses: ['smtp:zoë@büro.example'] },
  { uid: 'gone', name: 'Gone', mail: ['gone@alpha.example'], employeeType: 'disabled' },
  { uid: 'twin1', name: 'Twin 1', mail: ['twin@alpha.example'] },
  { uid: 'twin2', name: 'Twin 2', mailAlternateAddress: ['TWIN@alpha.example'] },
  { uid: 'odd, "name"', name: 'Odd (One)', mail: ['odd@alpha.example'], password: 'odd' },
];

describeWithServer('slapd', 'an LDAP directory', () => {
  let server: SlapdServer;
  const opened: LdapDirectory[] = [];
  const directory = (...parts: Parameters<typeof directoryOn> extends [unknown, ...infer Rest] ? Rest : never) => {
    const one = directoryOn(server, ...parts);
    opened.push(one);
    return one;
  };
  const steps = async (one: LdapDirectory) => {
    const way = one.testWay();
    try {
      return await runSteps(way.steps, AbortSignal.timeout(20_000));
    } finally {
      await way.close();
    }
  };
  const failure = async (work: Promise<unknown>): Promise<string> => work.then(() => 'nothing failed', (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)));

  beforeAll(async () => {
    server = await startSlapd({ organisation: { suffix: 'dc=alpha,dc=example', people, groups: { 'Print users': ['ada', 'odd, "name"'], staff: ['ada'] } } });
  });
  afterAll(async () => {
    for (const one of opened) one.close();
    await server.remove();
  });

  describe('finds', () => {
    it('a person by each address, in any case, with the same account and the main address first', async () => {
      const one = directory();
      const answers = await Promise.all(['ada@alpha.example', 'lovelace@alpha.example', 'countess@alpha.example', 'a.lovelace@alpha.example'].map((address) => one.findByAddress(address)));
      expect(answers[0]).toMatchObject({ kind: 'found', person: { login: 'ada', displayName: 'Ada Lovelace', language: 'fr-CA', addresses: ['ada@alpha.example', 'countess@alpha.example', 'lovelace@alpha.example', 'a.lovelace@alpha.example'] } });
      expect(answers.slice(1)).toEqual([answers[0], answers[0], answers[0]]);
      expect(await one.findByAddress('first@alpha.example')).toMatchObject({ person: { addresses: ['first@alpha.example', 'second@alpha.example'] } });
      expect(await one.findByAddress('nobody@alpha.example')).toEqual({ kind: 'nobody' });
    });

    it('the same account after the person was renamed, and another one for another directory', async () => {
      const before = await directory().findByAddress('second@alpha.example');
      await server.modify(`dn: uid=microsoft,ou=people,${server.suffix}\nchangetype: modrdn\nnewrdn: uid=renamed\ndeleteoldrdn: 1\n`);
      const after = await directory().findByAddress('second@alpha.example');
      expect(after).toMatchObject({ person: { login: 'renamed', accountId: before.kind === 'found' ? before.person.accountId : '' } });
    });

    it('an address whose domain is written in another alphabet', async () => {
      expect(await directory().findByAddress('zoë@xn--bro-hoa.example')).toMatchObject({ person: { login: 'idn', addresses: ['zoë@xn--bro-hoa.example'] } });
    });

    it('people that the filter of people lets in, and nobody else', async () => {
      expect(await directory().findByAddress('gone@alpha.example')).toMatchObject({ kind: 'found' });
      expect(await directory({ peopleFilter: '(&(objectClass=inetOrgPerson)(!(employeeType=disabled)))' }).findByAddress('gone@alpha.example')).toEqual({ kind: 'nobody' });
    });

    it('nobody in particular where two people have the address', async () => {
      expect(await directory().findByAddress('twin@alpha.example')).toEqual({ kind: 'ambiguous', logins: ['twin1', 'twin2'] });
    });

    it.each([HOSTILE, '*@alpha.example', '"*)(uid=*)(|(uid=*"@alpha.example', '\\2a@alpha.example', 'a\0@alpha.example', '"a b"@alpha.example'])('nobody by the hostile address %j', async (address) => {
      expect(await directory().findByAddress(address)).toEqual({ kind: 'nobody' });
      expect(await directory({ addressFilter: '(mail={address})' }).findByAddress(address)).toEqual({ kind: 'nobody' });
    });

    it('the one person who really has a hostile address', async () => {
      expect(await directory().findByAddress('"*)(uid=*"@alpha.example')).toMatchObject({ kind: 'found', person: { login: 'hostile' } });
    });

    it('nobody who does not have the address, whatever a filter of one\'s own lets in', async () => {
      expect(await directory({ addressFilter: '(|(mail={address})(uid=ada))' }).findByAddress('nobody@alpha.example')).toEqual({ kind: 'nobody' });
      expect(await failure(directory({ addressFilter: '(|(mail={address})(uid=*))' }).findByAddress('nobody@alpha.example'))).toContain('addressFilter finds many people');
    });

    it('a person by login, and no other by a hostile one', async () => {
      expect(await directory().findByLogin('ADA')).toMatchObject({ person: { login: 'ada' } });
      for (const login of ['*', '', 'ada)(uid=*', 'nobody']) expect(await directory().findByLogin(login)).toEqual({ kind: 'nobody' });
    });

    it.each(['memberOf', ''])('the groups of a person, by the attribute %j', async (groupAttribute) => {
      const one = directory({ groupAttribute });
      for (const [login, groups] of [['ada', ['Print users', 'staff']], ['odd, "name"', ['Print users']], ['idn', []]] as const) {
        const found = await one.findByLogin(login);
        expect(found.kind === 'found' && (await one.groupsOf(found.person)), login).toEqual(groups);
      }
    });
  });

  it('proves a password, and never an empty one', async () => {
    const one = directory();
    expect(await one.checkCredentials('ada', 'analytical')).toBe(true);
    expect(await one.checkCredentials('odd, "name"', 'odd')).toBe(true);
    for (const [login, password] of [['ada', 'wrong'], ['ada', ''], ['nobody', 'analytical'], ['*', 'analytical'], ['idn', 'x']] as const) expect(await one.checkCredentials(login, password), login).toBe(false);
  });

  describe('says what is wrong', () => {
    it('with the password of the account that searches, and takes it for a cause that is down', async () => {
      expect(await failure(directory({}, 'wrong').findByAddress('ada@alpha.example'))).toBe('CauseDown: The server refuses the account that searches: bindDn or password is wrong, or the account is locked or has expired.');
      expect((await steps(directory({}, 'wrong'))).map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['dns passed', 'tcp passed', 'tls passed', 'bind failed', 'people not-run']);
    });

    it('with a certificate that nobody here trusts, over LDAPS and StartTLS', async () => {
      const { ca: certificateAuthority } = await makeTestCertificate();
      for (const place of [{ tls: 'implicit', port: server.securePort }, { tls: 'starttls', port: server.port }] as const) {
        const one = directory({ ...place, certificateAuthority });
        expect(await failure(one.findByAddress('ada@alpha.example'))).toMatch(/^CauseDown: The certificate of localhost is refused \(/);
        expect((await steps(one)).find(({ step }) => step === 'tls')).toMatchObject({ outcome: 'failed', text: expect.stringContaining('give that authority\'s certificate as certificateAuthority') as unknown });
      }
    });

    it('with a certificate for another name', async () => {
      const other = await makeCertificate({ commonName: 'other', names: ['DNS:other.example'] });
      const impostor = createTlsServer({ cert: other.certificate, key: other.key }, (socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
      await once(impostor, 'listening');
      const one = directory({ port: (impostor.address() as AddressInfo).port, certificateAuthority: other.certificate });
      expect((await steps(one))[2]).toMatchObject({ step: 'tls', outcome: 'failed', text: expect.stringContaining('It is for other.example, not for localhost') as unknown });
      expect(await failure(one.findByAddress('ada@alpha.example'))).toContain('refused (ERR_TLS_CERT_ALTNAME_INVALID)');
      impostor.close();
    });

    it('with the choice of TLS', async () => {
      const wrong = await steps(directory({ port: server.port }));
      expect(wrong[2]).toMatchObject({ step: 'tls', outcome: 'failed' });
      expect(await failure(directory({ tls: 'starttls' }).findByAddress('ada@alpha.example'))).toMatch(/^CauseDown: /);
      expect(await directory({ tls: 'starttls', port: server.port }).findByAddress('ada@alpha.example')).toMatchObject({ kind: 'found' });
      expect(await directory({ tls: 'none', port: server.port }).findByAddress('ada@alpha.example')).toMatchObject({ kind: 'found' });
    });

    it('with baseDn, filters and attributes', async () => {
      expect(await failure(directory({ baseDn: 'dc=other,dc=example' }).findByAddress('ada@alpha.example'))).toContain('knows no baseDn like this');
      expect(await failure(directory({ identityAttribute: 'objectGUID' }).findByAddress('ada@alpha.example'))).toContain('Entries show no objectGUID');
      expect((await steps(directory({ mailAttributes: ['description'] }))).at(-1)).toMatchObject({ step: 'people', outcome: 'failed', text: expect.stringContaining('There is nobody with an address') as unknown });
    });

    it('with an address where no server may be, before anything is sent', async () => {
      expect(await failure(directory({ host: '169.254.169.254' }).findByAddress('ada@alpha.example'))).toBe('CauseDown: 169.254.169.254 is a link-local or metadata address, where no server may be unless INKPOST_LINK_LOCAL_SERVERS is set to allowed. Nothing was sent there.');
    });

    it('with a server that is no LDAP server, or closes at once', async () => {
      const talker = createServer((socket) => socket.on('error', () => undefined).end('220 mail.example.org ESMTP\r\n')).listen(0, '127.0.0.1');
      await once(talker, 'listening');
      const port = (talker.address() as AddressInfo).port;
      for (const tls of ['implicit', 'starttls', 'none'] as const) expect(await failure(directory({ host: '127.0.0.1', port, tls }).findByAddress('ada@alpha.example')), tls).toMatch(/^CauseDown: /);
      talker.close();
      expect(await failure(directory({ port: await freePort() }).findByAddress('ada@alpha.example'))).toContain('refuses connections on this port');
    });
  });

  it('that hangs holds nobody longer than its time, and answers on new connections when it goes on', async () => {
    const one = directory({ timeoutMs: 500 });
    await one.findByAddress('ada@alpha.example');
    server.hang();
    try {
      const startedAt = performance.now();
      const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => failure(one.findByAddress(`user${index}@alpha.example`))));
      expect(performance.now() - startedAt).toBeLessThan(2_500);
      for (const answer of answers) expect(answer).toMatch(/^CauseDown: (The server (takes connections and )?does not answer in time|All connections to the server are waiting)/);
    } finally {
      server.resume();
    }
    expect(await one.findByAddress('ada@alpha.example')).toMatchObject({ kind: 'found' });
  });

  it('whose server was started again, or cut an idle connection, is asked on a new one', async () => {
    const relay = await Relay.to(server.port);
    const one = directory({ tls: 'none', host: '127.0.0.1', port: relay.port });
    await Promise.all([one.findByAddress('ada@alpha.example'), one.findByAddress('idn@alpha.example')]);
    relay.cut();
    expect(await one.findByAddress('ada@alpha.example')).toMatchObject({ kind: 'found' });
    relay.close();
    await server.stop();
    const other = directory();
    expect(await failure(other.findByAddress('ada@alpha.example'))).toContain('refuses connections on this port');
    await server.start();
    expect(await other.findByAddress('ada@alpha.example')).toMatchObject({ kind: 'found' });
  });
});

describeWithServer('slapd', 'an LDAP directory of 10,000 people', () => {
  it('is counted page by page, past the limit of its server, and answers for each of them', async () => {
    const server = await startSlapd({ organisation: { suffix: 'dc=beta,dc=example', people: crowd('beta.example', 10_000) } });
    const one = directoryOn(server);
    try {
      const way = one.testWay();
      const results = await runSteps(way.steps, AbortSignal.timeout(20_000));
      await way.close();
      expect(results.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed', 'passed', 'passed']);
      expect(results.at(-1)?.text).toBe('10000 people with an address below dc=beta,dc=example.');
      expect(await one.findByAddress('user9999@beta.example')).toMatchObject({ person: { login: 'user9999' } });
    } finally {
      one.close();
      await server.remove();
    }
  });
});

/** A way to the server that the test can cut. */
class Relay {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server, readonly port: number) {}

  static async to(target: number): Promise<Relay> {
    const port = await freePort();
    const server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const [socket, other] of [[near, far], [far, near]] as const) {
        relay.sockets.add(socket);
        socket.on('error', () => other.destroy()).on('close', () => relay.sockets.delete(socket)).pipe(other);
      }
    }).listen(port, '127.0.0.1');
    const relay = new Relay(server, port);
    await once(server, 'listening');
    return relay;
  }

  /** Ends all connections; new ones work. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}
