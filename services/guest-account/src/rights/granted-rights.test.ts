import { describe, expect, it } from 'vitest';
import { RIGHTS } from '@inkpost/service/rights.js';
import { type Grants, rightsOf, rightsReachableThrough, type RightsSubject } from './granted-rights.js';
import { ensureHolds, ensureMayChangeAccount, ensureMayChangeDirectory } from './may-grant.js';

const ACCOUNT = '0e5f3c1e-5d0c-4b0c-8f1d-000000000001';
const ada: RightsSubject = { directoryId: 'ad', accountId: ACCOUNT, login: 'Ada', groups: ['Print Admins', 'Everybody'] };

const profile = (rights: Grants['profiles'][number]['rights'], ...members: Grants['profiles'][number]['members']): Grants => ({ profiles: [{ profileId: 'own', rights, members }], roles: [] });
const any = (name: string) => ({ name, directoryId: null });

describe('the rights of an account', () => {
  it.each([
    ['a group of any directory, in any case', any('print admins')],
    ['a group of the account\'s own directory', { name: 'Everybody', directoryId: 'ad' }],
    ['the user itself', any('@ada')],
    ['the user of the account\'s own directory', { name: '@ADA', directoryId: 'ad' }],
  ])('come by a profile whose member is %s', (_name, member) => {
    expect(rightsOf(ada, profile(['jobs.read'], any('Others'), member))).toEqual(['jobs.read']);
  });

  it.each([
    ['a group of the same name in another directory', { name: 'Everybody', directoryId: 'entra' }],
    ['a user of the same login in another directory', { name: '@ada', directoryId: 'entra' }],
    ['a group with the name of the login', any('Ada')],
    ['a group whose name begins like the account\'s', any('Print')],
  ])('do not come by a profile whose member is %s', (_name, member) => {
    expect(rightsOf(ada, profile(['jobs.read'], member))).toEqual([]);
  });

  it('do not come by a group that is called like a user', () => {
    expect(rightsOf({ ...ada, login: 'eve', groups: ['@ada'] }, profile(['jobs.read'], any('@ada')))).toEqual([]);
  });

  it('are those of all profiles together, each once', () => {
    const profiles = [{ profileId: 'one', rights: ['jobs.manage', 'jobs.read'], members: [any('Everybody')] }, { profileId: 'two', rights: ['jobs.read', 'guests.read'], members: [any('@ada')] }] as const;
    expect(rightsOf(ada, { profiles, roles: [] })).toEqual(['guests.read', 'jobs.read', 'jobs.manage']);
  });

  it('are all there are in System administration, whatever is written there', () => {
    expect(rightsOf(ada, { profiles: [{ profileId: 'system-administration', rights: [], members: [any('@ada')] }], roles: [] })).toEqual(RIGHTS);
  });

  it('never come by the profile of who is not signed in', () => {
    expect(rightsOf(ada, { profiles: [{ profileId: 'anonymous', rights: ['jobs.read'], members: [any('@ada')] }], roles: [] })).toEqual([]);
  });

  it('come by a role that is given to the very account, not to its login', () => {
    const roles = [{ roleId: 'print-on-behalf', members: [{ directoryId: 'ad', accountId: ACCOUNT, login: 'old name' }] }] as const;
    expect(rightsOf(ada, { profiles: [], roles })).toEqual(['print-on-behalf']);
    expect(rightsOf({ ...ada, accountId: undefined, login: 'old name' }, { profiles: [], roles })).toEqual([]);
    expect(rightsOf({ ...ada, directoryId: 'entra' }, { profiles: [], roles })).toEqual([]);
  });
});

describe('who is in command of a directory', () => {
  const grants: Grants = {
    profiles: [{ profileId: 'one', rights: ['jobs.read'], members: [any('Everybody')] }, { profileId: 'two', rights: ['audit.read'], members: [{ name: 'Auditors', directoryId: 'ad' }] }],
    roles: [{ roleId: 'print-on-behalf', members: [{ directoryId: 'ad', accountId: ACCOUNT, login: 'ada' }] }],
  };

  it('could take all rights that its people may have', () => {
    expect(rightsReachableThrough('ad', grants)).toEqual(['jobs.read', 'audit.read', 'print-on-behalf']);
    expect(rightsReachableThrough('', grants)).toEqual(['jobs.read']);
  });

  it('must have them already', () => {
    const caller = { actor: 'bob', rights: ['configuration.write', 'jobs.read'] } as const;
    expect(() => ensureMayChangeDirectory(caller, grants, '')).not.toThrow();
    expect(() => ensureMayChangeDirectory(caller, grants, 'ad')).toThrow('you lack audit.read, print-on-behalf');
  });
});

describe('nobody hands out what they lack', () => {
  const grants = profile(['rights.manage', 'jobs.read'], any('Print admins'), any('@ada'));
  const caller = { actor: 'bob', rights: ['guests.edit', 'jobs.read'] } as const;
  const plain = { ...ada, login: 'bob', groups: [] };

  it('neither by a new name or group of an account', () => {
    expect(() => ensureMayChangeAccount(caller, grants, plain, { ...plain, groups: ['PRINT ADMINS'] })).toThrow('you lack rights.manage');
    expect(() => ensureMayChangeAccount(caller, grants, undefined, { ...plain, login: 'ada' })).toThrow('you lack rights.manage');
    expect(() => ensureMayChangeAccount(caller, grants, plain, { ...plain, groups: ['Others'] })).not.toThrow();
  });

  it('nor by taking over an account that has more, to set its password', () => {
    expect(() => ensureMayChangeAccount(caller, grants, ada, plain)).toThrow('you lack rights.manage');
  });

  it('but may what they have', () => {
    expect(() => ensureHolds(caller, ['jobs.read'], 'This')).not.toThrow();
    expect(() => ensureHolds(caller, [], 'This')).not.toThrow();
  });
});
