import { describe, expect, it } from 'vitest';
import { type Conditions, NO_CONDITIONS, normaliseConditions } from './conditions.js';

const normalise = (wanted: Partial<Conditions>) => normaliseConditions({ ...NO_CONDITIONS, ...wanted });

describe('conditions', () => {
  it('are stored lower-cased, in ASCII, each entry once and in its order', () => {
    const wanted = {
      acceptedDomains: [' Example.ORG ', '@example.org', '*.Büro.example', 'b.example'], acceptedAddresses: ['B@x.example', 'a@x.example', 'b@X.example'],
      refusedDomains: ['*.evil.example'], refusedAddresses: ['D.Dupont@organisation.com'], userCreationAllowed: true,
    };
    expect(normalise(wanted)).toEqual({
      acceptedDomains: ['example.org', '*.xn--bro-hoa.example', 'b.example'], acceptedAddresses: ['b@x.example', 'a@x.example'],
      refusedDomains: ['*.evil.example'], refusedAddresses: ['d.dupont@organisation.com'], userCreationAllowed: true,
    });
  });

  it.each([
    [{ acceptedDomains: ['example.org', 'a b'] }, 'acceptedDomains', 'entry 2 ("a b")'],
    [{ acceptedDomains: ['a.example;b.example'] }, 'acceptedDomains', 'each as an entry of its own'],
    [{ refusedDomains: ['*'] }, 'refusedDomains', 'entry 1'],
    [{ refusedDomains: ['*.*.example'] }, 'refusedDomains', 'entry 1'],
    [{ refusedDomains: ['a.*.example'] }, 'refusedDomains', 'entry 1'],
    [{ acceptedAddresses: ['example.org'] }, 'acceptedAddresses', 'somebody@example.org'],
    [{ refusedAddresses: [''] }, 'refusedAddresses', 'entry 1'],
    [{ refusedAddresses: [`a@${'b'.repeat(10_000)}.example`] }, 'refusedAddresses', 'entry 1'],
    [{ acceptedAddresses: Array.from({ length: 1_001 }, (_, index) => `a${index}@example.org`) }, 'acceptedAddresses', 'at most 1000'],
  ])('name the entry that is none: %j', (wanted, field, reason) => {
    const problem = normalise(wanted);
    expect(problem).toMatchObject({ field, reason: expect.stringContaining(reason) as string });
    expect(JSON.stringify(problem).length).toBeLessThan(400);
  });

  it('may have a thousand entries in each list', () => {
    const acceptedAddresses = Array.from({ length: 1_000 }, (_, index) => `a${index}@example.org`);
    expect(normalise({ acceptedAddresses })).toMatchObject({ acceptedAddresses });
  });
});
