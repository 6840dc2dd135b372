import { expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { crowd } from '@inkpost/testkit/slapd-organisation.js';
import { startSlapd } from '@inkpost/testkit/slapd-server.js';
import { directoryOn } from '../adapters/ldap/ldap-places.harness.js';
import { askDirectories } from './ask-directories.js';
import { LiveDirectory } from './live-directory.js';

const PEOPLE = 500;
const NAMES = ['alpha', 'beta', 'gamma'] as const;

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
    const order = servers.map((server, index) => ({ name: NAMES[index] ?? '', live: new LiveDirectory(directoryOn(server), { cacheSeconds: 300, missCacheSeconds: 300 }) }));
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
});
