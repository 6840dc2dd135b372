import { describe, expect, it } from 'vitest';
import { GROUP_NAME_LENGTH_MAX, LOGIN_LENGTH_MAX, VOUCHED_GROUPS_MAX } from '../limits.js';
import { identifyVisitor } from './identify-visitor.js';

const settings = { loginClaim: 'preferred_username', loginDomain: '', groupsClaim: 'groups' };

describe('who came back from the sign-in server', () => {
  it('is known by the claim that is the login, with the groups that the server says', () => {
    expect(identifyVisitor(settings, { preferred_username: ' ada ', groups: ['Operators', 'Staff'] })).toEqual({ kind: 'known', login: 'ada', groups: ['Operators', 'Staff'] });
    expect(identifyVisitor(settings, { preferred_username: 'ada', groups: 'Operators' })).toMatchObject({ groups: ['Operators'] });
    expect(identifyVisitor({ ...settings, groupsClaim: '' }, { preferred_username: 'ada', groups: ['Operators'] })).toMatchObject({ groups: [] });
  });

  it('is known by what comes before the domain, of that domain alone', () => {
    const ofDomain = { ...settings, loginDomain: 'corp.example' };
    expect(identifyVisitor(ofDomain, { preferred_username: 'ada@Corp.Example' })).toMatchObject({ login: 'ada' });
    for (const claim of ['ada@other.example', 'ada@evil-corp.example', 'ada@corp.example.evil.example', 'ada', '@corp.example']) expect(identifyVisitor(ofDomain, { preferred_username: claim })).toMatchObject({ kind: 'nameless' });
  });

  it.each([[undefined], [''], [' '], [17], [['ada']], [null], ['x'.repeat(LOGIN_LENGTH_MAX + 1)]])('is nobody when the claim is %j', (claim) => {
    expect(identifyVisitor(settings, { preferred_username: claim, sub: 'ada' })).toMatchObject({ kind: 'nameless', problem: expect.stringContaining('preferred_username') });
  });

  it('is nobody by an address that the server has not verified', () => {
    const byAddress = { ...settings, loginClaim: 'email' };
    expect(identifyVisitor(byAddress, { email: 'ada@corp.example', email_verified: true })).toMatchObject({ login: 'ada@corp.example' });
    for (const verified of [false, undefined, 'true']) expect(identifyVisitor(byAddress, { email: 'ada@corp.example', email_verified: verified })).toMatchObject({ kind: 'nameless' });
  });

  it('has no groups that are none, and not more than can be kept', () => {
    expect(identifyVisitor(settings, { preferred_username: 'ada', groups: ['', 7, null, 'x'.repeat(GROUP_NAME_LENGTH_MAX + 1), 'Staff'] })).toMatchObject({ groups: ['Staff'] });
    expect(identifyVisitor(settings, { preferred_username: 'ada', groups: { Staff: true } })).toMatchObject({ groups: [] });
    expect(identifyVisitor(settings, { preferred_username: 'ada', groups: Array.from({ length: VOUCHED_GROUPS_MAX + 1 }, (_, index) => `g${index}`) })).toMatchObject({ groups: { length: VOUCHED_GROUPS_MAX } });
  });
});
