import { describe, expect, it } from 'vitest';
import { decideTelling, type DirectoryAccount, hashOf, tellingVersion } from './known-sender.js';

const account: DirectoryAccount = { accountId: 'p', directory: 'AD', address: 'ada@example.org', displayName: 'Ada', language: 'en', otherAddresses: ['countess@example.org'] };
const addresses = ['ada@example.org', 'countess@example.org'];
const nobody = { guest: undefined, guestAddresses: [], toldSha256: undefined };
const guest = { accountId: 'g', locked: false };

describe('of somebody whom a directory knows others are told', () => {
  it('the first time, and not again while nothing changes', () => {
    expect(decideTelling(account, addresses, nobody)).toEqual({ kind: 'tell' });
    expect(decideTelling(account, addresses, { ...nobody, toldSha256: hashOf(account) })).toEqual({ kind: 'told-before' });
  });

  it.each<Partial<DirectoryAccount>>([{ address: 'a@example.org' }, { displayName: 'Ada L.' }, { language: 'fr' }, { accountId: 'q' }, { otherAddresses: [] }])('again when it is %j', (change) => {
    expect(decideTelling({ ...account, ...change }, addresses, { ...nobody, toldSha256: hashOf(account) })).toEqual({ kind: 'tell' });
  });

  it('that a guest with the same address is that person', () => {
    expect(decideTelling(account, addresses, { guest, guestAddresses: ['countess@example.org'], toldSha256: hashOf(account) })).toEqual({ kind: 'merge', guestAccountId: 'g' });
  });

  it('nothing of the guest where an address would lead nowhere any more, or where the guest is locked', () => {
    for (const known of [{ guest, guestAddresses: ['ada@example.org', 'ada@home.example'] }, { guest: { ...guest, locked: true }, guestAddresses: ['ada@example.org'] }]) {
      expect(decideTelling(account, addresses, { ...known, toldSha256: hashOf(account) })).toEqual({ kind: 'told-before' });
    }
  });
});

it('a later telling has a higher version, which protobuf can bear', () => {
  expect(tellingVersion(new Date('2026-03-01T12:00:01Z')) - tellingVersion(new Date('2026-03-01T12:00:00Z'))).toBe(1);
  expect(tellingVersion(new Date('2106-01-01T00:00:00Z'))).toBeLessThan(2 ** 32);
});
