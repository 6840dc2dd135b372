import { describe, expect, it } from 'vitest';
import type { PersonLookup } from '../find-person/ask-directories.js';
import type { KnownGuest } from '../resolve-owner/decide-owner.js';
import { describeOwner } from './describe-owner.js';

const address = 'grace@example.org';
const guest: KnownGuest = { accountId: '17', address, displayName: 'Grace', language: '', locked: false, validFrom: null, notYet: false, validUntil: null, expired: false, renewed: true, group: 'Visitors' };
const ofGuest = (changes: Partial<KnownGuest>): PersonLookup<KnownGuest> => ({ kind: 'guest', directory: 'guests', guest: { ...guest, ...changes }, asked: [] });
const person = { accountId: '18', reference: 'cn=grace', login: 'grace', displayName: 'Grace Hopper', addresses: ['g.hopper@example.org', address], language: 'fr-CA', locked: false };
const ofPerson = (locked: boolean): PersonLookup<KnownGuest> => ({ kind: 'person', directory: 'AD', person: { ...person, locked }, groups: ['Staff'], groupsProblem: undefined, ageSeconds: 0, asked: [] });

describe('whom a document can be given to', () => {
  it('is a person of a directory, at the address that comes first there', () => {
    expect(describeOwner(address, ofPerson(false), true, 'en')).toEqual({
      outcome: 'found', owner: { accountId: '18', directory: 'AD', address: 'g.hopper@example.org', displayName: 'Grace Hopper', language: 'fr', groups: ['Staff'], hasPin: true },
    });
  });

  it('is a guest who is valid', () => {
    expect(describeOwner(address, ofGuest({}), false, 'en')).toEqual({ outcome: 'found', owner: { accountId: '17', directory: 'guests', address, displayName: 'Grace', language: 'en', groups: ['Visitors'], hasPin: false } });
  });

  it.each<[string, PersonLookup<KnownGuest>, string]>([
    ['ended', ofGuest({ expired: true }), 'no longer valid'],
    ['ended', ofGuest({ notYet: true }), 'not valid yet'],
    ['ended', ofGuest({ locked: true }), 'locked'],
    ['ended', ofPerson(true), 'locked'],
    ['ambiguous', { kind: 'ambiguous', directory: 'AD', logins: ['a', 'b'], asked: [] }, 'Several users of the directory AD'],
    ['nobody', { kind: 'nobody', asked: ['AD'] }, 'Nobody has'],
  ])('is not somebody %s', (outcome, lookup, words) => {
    expect(describeOwner(address, lookup, false, 'en')).toEqual({ outcome, problem: expect.stringContaining(words) as string });
  });
});
