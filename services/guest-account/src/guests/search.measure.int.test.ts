import { describe, expect, it } from 'vitest';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { GuestAccountHarness } from '../guest-account.harness.js';

const GUESTS = 100_000;
const REPEATED = 100;

/** Names of people and companies as they come, some of them often. */
const FILL = `
  INSERT INTO guest_account.guest (account_id, login, login_key, display_name, addresses, company, group_name, analytical_code, card_end, origin, locked, valid_until)
  SELECT gen_random_uuid(), address, address, first || ' ' || last, ARRAY[address], 'Company ' || i % 500, CASE i % 4 WHEN 0 THEN '' ELSE 'group ' || i % 40 END, 'K' || i % 3000, lpad((i * 7 % 10000)::text, 4, '0'),
    CASE i % 3 WHEN 0 THEN 'mail' ELSE 'import' END, i % 50 = 0, CASE i % 5 WHEN 0 THEN now() + make_interval(days => i % 700 - 350) END
  FROM (SELECT i, first, last, lower(first) || '.' || lower(last) || i || '@' || (ARRAY['example.org', 'visitors.example', 'partner.example'])[1 + i % 3] AS address
    FROM (SELECT i, (ARRAY['Ada', 'Grace', 'Zoë', 'José', 'Marie', 'Jean', 'Anna', 'Élodie', 'Hans', 'Olga'])[1 + i % 10] AS first,
      (ARRAY['Lovelace', 'Hopper', 'Martin', 'Bernard', 'Dubois', 'Müller', 'Schmidt', 'Garcia', 'Rossi', 'Novak', 'Curie', 'Petit', 'Durand', 'Leroy', 'Moreau', 'Simon', 'Laurent'])[1 + i * 31 % 17] || chr(97 + i % 26) || chr(97 + i / 26 % 26) AS last
      FROM generate_series(1, ${GUESTS}) AS i) AS people) AS addressed;
  INSERT INTO guest_account.guest_address (address, account_id) SELECT addresses[1], account_id FROM guest_account.guest;`;

const SEARCHES = {
  'one guest\'s address': (turn: number) => ({ filter: { search: `${turn * 317 + 5}@example.org` } }),
  'two parts of a name': (turn: number) => ({ filter: { search: `zoe lovelace${String.fromCharCode(97 + turn % 26)}` } }),
  'a frequent name': () => ({ filter: { search: 'martin' } }),
  'what nearly everybody has': () => ({ filter: { search: 'example' } }),
  'two letters': (turn: number) => ({ filter: { search: ['ad', 'gr', 'zo', 'jo', 'mu', 'je', 'cu', 'k7', 'co', 'xy'][turn % 10] ?? '' } }),
  'one letter': (turn: number) => ({ filter: { search: String.fromCharCode(97 + turn % 26) } }),
  'nobody\'s': (turn: number) => ({ filter: { search: `nobody${turn}` } }),
  'nobody\'s two letters': () => ({ filter: { search: 'qx' } }),
  'the end of a card': (turn: number) => ({ filter: { search: String(turn * 97 % 10_000).padStart(4, '0') } }),
  'a company': (turn: number) => ({ filter: { search: `company ${turn * 5 % 500}` } }),
  'one company, by the filter': (turn: number) => ({ filter: { company: `Company ${turn * 5 % 500}` } }),
  'locked ones of a group': (turn: number) => ({ filter: { group: `group ${turn % 40}`, state: 'locked' } }),
  'expired ones named so, by their end': () => ({ filter: { search: 'garcia', state: 'expired' }, sort: 'valid-until' }),
  'all, by name': () => ({ sort: 'name' }),
  'all, the latest first': () => ({ sort: 'created-at', descending: true }),
};

/** How long a page of 50 takes through the control plane, and an export. Takes about a minute, so it is asked for: `INKPOST_MEASURE=1 npx vitest run search.measure`. */
describe(`a search in ${GUESTS} guests`, () => {
  it('says how long it takes', { timeout: 300_000 }, async () => {
    const harness = await GuestAccountHarness.start();
    try {
      await harness.superuser.query(FILL);
      await harness.superuser.query('VACUUM ANALYZE guest_account.guest');
      const guests = (await harness.startService()).client(GuestService, 'guests.read', 'guests.edit');
      const all: number[] = [];
      for (const [name, requestOf] of Object.entries(SEARCHES)) {
        const times: number[] = [];
        let found = 0;
        for (let turn = 0; turn < REPEATED; turn += 1) {
          const startedAt = performance.now();
          found += (await guests.listGuests(requestOf(turn))).guests.length;
          times.push(performance.now() - startedAt);
        }
        all.push(...times);
        console.log(`${name}: ${figures(times)}, ${found / REPEATED} found on a page`);
      }
      console.log(`all of them: ${figures(all)}`);
      expect(all).toHaveLength(REPEATED * Object.keys(SEARCHES).length);
      const exportStartedAt = performance.now();
      let [lines, cursor] = [0, ''];
      do {
        const part = await guests.exportGuests({ cursor });
        lines += part.csv.split('\r\n').length - 1;
        cursor = part.nextCursor;
      } while (cursor !== '');
      console.log(`all exported in ${Math.round(performance.now() - exportStartedAt)} ms`);
      expect(lines).toBe(GUESTS + 1);
      await expect(guests.changeGuests({ filter: { origin: 'import' }, change: { locked: true } })).rejects.toThrow('narrow it down');
    } finally {
      await harness.stop();
    }
  });
});

function figures(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`;
}
