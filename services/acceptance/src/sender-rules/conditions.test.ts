import { describe, expect, it } from 'vitest';
import { NO_CONDITIONS, normaliseConditions, type WantedConditions } from './conditions.js';

const normalise = (wanted: Partial<WantedConditions>) => normaliseConditions({ ...NO_CONDITIONS, ...wanted });

describe('conditions', () => {
  it('are stored lower-cased, in ASCII, each entry once and in its order', () => {
    const wanted = {
      acceptedDomains: [' Example.ORG ', '@example.org', '*.Büro.example', 'b.example'], acceptedAddresses: ['B@x.example', 'a@x.example', 'b@X.example'],
      refusedDomains: ['*.evil.example'], refusedAddresses: ['D.Dupont@organisation.com'], unknownSender: 'sponsor', sponsors: ['Boss@Organisation.com; second@organisation.com', 'boss@organisation.com'],
    };
    expect(normalise(wanted)).toEqual({
      acceptedDomains: ['example.org', '*.xn--bro-hoa.example', 'b.example'], acceptedAddresses: ['b@x.example', 'a@x.example'],
      refusedDomains: ['*.evil.example'], refusedAddresses: ['d.dupont@organisation.com'], unknownSender: 'sponsor', sponsors: ['boss@organisation.com', 'second@organisation.com'],
    });
  });

  it.each([
    [{ acceptedDomains: ['example.org', 'a b'] }, 'acceptedDomains', 'entry 2 ("a b")'],
    [{ acceptedDomains: ['a.example; b,example ;c.example'] }, 'acceptedDomains', 'entry 2 ("b,example") is not a domain'],
    [{ acceptedDomains: ['a.example', ' ; '] }, 'acceptedDomains', 'entry 2 (";") is not a domain'],
    [{ acceptedAddresses: ['"a@x.example;b@x.example'] }, 'acceptedAddresses', 'entry 1'],
    [{ refusedDomains: ['*'] }, 'refusedDomains', 'entry 1'],
    [{ refusedDomains: ['*.*.example'] }, 'refusedDomains', 'entry 1'],
    [{ refusedDomains: ['a.*.example'] }, 'refusedDomains', 'entry 1'],
    [{ acceptedAddresses: ['example.org'] }, 'acceptedAddresses', 'somebody@example.org'],
    [{ refusedAddresses: [''] }, 'refusedAddresses', 'entry 1'],
    [{ unknownSender: 'maybe' }, 'unknownSender', 'must be refuse, create, confirm, sponsor or hold'],
    [{ unknownSender: 'sponsor' }, 'sponsors', 'at least one address'],
    [{ sponsors: ['the boss'] }, 'sponsors', 'entry 1 ("the boss") is not an e-mail address'],
    [{ sponsors: Array.from({ length: 11 }, (_, index) => `s${index}@example.org`) }, 'sponsors', 'has 11 entries; at most 10'],
  ])('name the entry that is none: %j', (wanted, field, reason) => {
    const problem = normalise(wanted);
    expect(problem).toMatchObject({ field, reason: expect.stringContaining(reason) as string });
    expect(JSON.stringify(problem).length).toBeLessThan(400);
  });

  it.each<[string, Partial<WantedConditions>, keyof WantedConditions, string]>([
    ['a text', { refusedDomains: ['a.example;'.repeat(2_001)] }, 'refusedDomains', 'more than 20000 characters'],
    ['an entry', { refusedAddresses: [`a@${'b'.repeat(10_000)}.example`] }, 'refusedAddresses', 'entry 1'],
    ['a list', { acceptedAddresses: Array.from({ length: 1_001 }, (_, index) => `a${index}@example.org`) }, 'acceptedAddresses', 'at most 1000'],
    ['a list in one text', { acceptedDomains: [Array.from({ length: 1_001 }, (_, index) => `d${index}.example`).join(';')] }, 'acceptedDomains', 'has 1001 entries; at most 1000'],
  ])('are refused shortly where %s is too long', (_, wanted, field, reason) => {
    const problem = normalise(wanted);
    expect(problem).toMatchObject({ field, reason: expect.stringContaining(reason) as string });
    expect(JSON.stringify(problem).length).toBeLessThan(400);
  });

  it('are taken out of texts with semicolons between, one by one (SKY-065)', () => {
    expect(normalise({
      acceptedDomains: ['a.example;B.example ; @c.example;', 'd.example'], acceptedAddresses: ['a@x.example; b@x.example', '"semi;colon"@x.example;c@x.example'], refusedAddresses: ['"a\\";b"@x.example'],
    })).toMatchObject({
      acceptedDomains: ['a.example', 'b.example', 'c.example', 'd.example'], acceptedAddresses: ['a@x.example', 'b@x.example', '"semi;colon"@x.example', 'c@x.example'], refusedAddresses: ['"a\\";b"@x.example'],
    });
  });

  it('are told quickly what is wrong with them, however they were made up', () => {
    const startedAtMs = performance.now();
    expect(normalise({ acceptedAddresses: Array.from({ length: 50 }, () => '"\\'.repeat(10_000)) })).toMatchObject({ field: 'acceptedAddresses' });
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });

  it('keep the sponsors where the policy is another, and refuse unknown senders unless they say otherwise', () => {
    expect(normalise({ unknownSender: 'hold', sponsors: ['boss@example.org'] })).toMatchObject({ unknownSender: 'hold', sponsors: ['boss@example.org'] });
    expect(normalise({ unknownSender: '' })).toEqual(NO_CONDITIONS);
  });

  it('may have a thousand entries in each list', () => {
    const acceptedAddresses = Array.from({ length: 1_000 }, (_, index) => `a${index}@example.org`);
    expect(normalise({ acceptedAddresses })).toMatchObject({ acceptedAddresses });
  });
});
