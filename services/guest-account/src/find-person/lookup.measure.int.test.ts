import { expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { crowd } from '@inkpost/testkit/slapd-organisation.js';
import { startSlapd } from '@inkpost/testkit/slapd-server.js';
import { Client } from 'pg';
import { createTestDatabase } from '@inkpost/testkit/test-database.js';
import { EntraPlaces } from '../adapters/entra/entra-places.harness.js';
import { directoryOn } from '../adapters/ldap/ldap-places.harness.js';
import { SqlDirectory } from '../adapters/sql/sql-directory.adapter.js';
import type { SqlSettings } from '../directories/sql-settings.js';
import type { PeopleDirectory } from '../ports/directory.port.js';
import { askDirectories } from './ask-directories.js';
import { LiveDirectory } from './live-directory.js';

const PEOPLE = 500;
const NAMES = ['alpha', 'beta', 'gamma'] as const;
const AGES = { cacheSeconds: 300, missCacheSeconds: 300 };

/** Each address after the other, and how long each took in ms, sorted. */
async function timed(addresses: readonly string[], ask: (address: string) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (const address of addresses) {
    const startedAt = performance.now();
    await ask(address);
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((one, other) => one - other);
}

const figures = (times: readonly number[]) => `p50 ${times[Math.floor(times.length * 0.5)]?.toFixed(3)} ms, p99 ${times[Math.floor(times.length * 0.99)]?.toFixed(3)} ms`;

describeWithServer('slapd', 'META of three directories', () => {
  it('finds everybody, and says how long that takes', async () => {
    const servers = await Promise.all(NAMES.map((name) => startSlapd({ organisation: { suffix: `dc=${name},dc=example`, people: crowd(`${name}.example`, PEOPLE) } })));
    const order = servers.map((server, index) => ({ name: NAMES[index] ?? '', live: new LiveDirectory(directoryOn(server), AGES) }));
    try {
      // Those of the third one: each question is asked three times.
      const addresses = Array.from({ length: PEOPLE }, (_, index) => `user${index}@gamma.example`);
      const ask = (address: string) => askDirectories(order, address, async () => undefined);
      await ask('nobody@gamma.example');
      const [cold, warm] = [await timed(addresses, ask), await timed(addresses, ask)];
      console.log(`found in the third directory of META: cold ${figures(cold)}; warm ${figures(warm)}`);
      expect(await ask('user499@gamma.example')).toMatchObject({ kind: 'person', directory: 'gamma', asked: ['alpha', 'beta'] });
    } finally {
      for (const { live } of order) live.people.close();
      for (const server of servers) await server.remove();
    }
  });

  it('of three kinds finds everybody, and says how long that takes; Graph is a stand-in next door', async () => {
    const [ldap, badges, entra] = await Promise.all([
      startSlapd({ organisation: { suffix: 'dc=alpha,dc=example', people: crowd('alpha.example', PEOPLE) } }), badgeBase('beta.example'),
      EntraPlaces.start({ users: Array.from({ length: PEOPLE }, (_, index) => ({ userPrincipalName: `user${index}@gamma.example`, mail: `user${index}@gamma.example` })) }),
    ]);
    const people: readonly PeopleDirectory[] = [directoryOn(ldap), badges.directory, entra.directory()];
    const order = people.map((each, index) => ({ name: NAMES[index] ?? '', live: new LiveDirectory(each, AGES) }));
    try {
      const ask = (address: string) => askDirectories(order, address, async () => undefined);
      await ask('nobody@gamma.example');
      for (const [index, kind] of ['LDAP, asked first', 'PostgreSQL, asked second', 'Entra, asked third'].entries()) {
        const addresses = Array.from({ length: PEOPLE }, (_, n) => `user${n}@${NAMES[index]}.example`);
        const [cold, warm] = [await timed(addresses, ask), await timed(addresses, ask)];
        console.log(`found in ${kind}: cold ${figures(cold)}; warm ${figures(warm)}`);
        expect(await ask(`user499@${NAMES[index]}.example`)).toMatchObject({ kind: 'person', directory: NAMES[index] });
      }
    } finally {
      for (const each of people) each.close();
      await Promise.all([ldap.remove(), badges.drop(), entra.stop()]);
    }
  });
});

/** A badge base with a crowd. */
async function badgeBase(domain: string): Promise<{ readonly directory: SqlDirectory; drop(): Promise<void> }> {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url() });
  await client.connect();
  await client.query('CREATE TABLE badge (id integer PRIMARY KEY, login text, mail text UNIQUE)');
  await client.query('INSERT INTO badge SELECT n, \'user\' || n, \'user\' || n || \'@\' || $2::text FROM generate_series(0, $1 - 1) AS n', [PEOPLE, domain]);
  await client.end();
  const settings: SqlSettings = {
    engine: 'postgres', host: database.host, port: database.port, tls: 'none', certificateAuthority: '', database: database.database, user: database.user, addressQuery: 'SELECT * FROM badge WHERE mail = :address', loginQuery: '',
    identityColumn: 'id', loginColumn: 'login', addressColumns: ['mail'], nameColumn: '', languageColumn: '', groupColumn: '', lockedColumn: '', timeoutMs: 3_000, ...AGES,
  };
  return { directory: new SqlDirectory({ directoryId: 'badges', settings, password: () => database.password, rules: { linkLocalAllowed: false } }), drop: () => database.drop() };
}
