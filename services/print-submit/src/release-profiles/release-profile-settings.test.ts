import { describe, expect, it } from 'vitest';
import { checkReleaseProfile, normalNetwork, type WantedReleaseProfile } from './release-profile-settings.js';

const wanted: WantedReleaseProfile = { profileId: 'lobby', name: ' Lobby ', means: ['card-pin', 'puk', 'puk'], idleSeconds: 0, isDefault: false, queueIds: ['a', 'a'], locationIds: [], networks: ['192.0.2.77/24', '192.0.2.0/24'] };

describe('a release profile', () => {
  it('is stored tidy: each means and each place once, networks without the bits behind them', () => {
    expect(checkReleaseProfile(wanted)).toEqual({ profileId: 'lobby', name: 'Lobby', means: ['puk', 'card-pin'], idleSeconds: 60, isDefault: false, queueIds: ['a'], locationIds: [], networks: ['192.0.2.0/24'] });
  });

  it.each([
    [{ profileId: 'a b' }, 'profileId'], [{ name: ' ' }, 'name'], [{ means: [] }, 'means'], [{ means: ['puk', 'fingerprint'] }, 'means'],
    [{ idleSeconds: 59 }, 'idleSeconds'], [{ idleSeconds: 601 }, 'idleSeconds'], [{ networks: ['lobby'] }, 'networks'], [{ queueIds: Array.from({ length: 1_001 }, (_, index) => `q${index}`) }, 'queueIds'],
  ])('with %j is refused for that field', (change, field) => {
    expect(checkReleaseProfile({ ...wanted, ...change })).toMatchObject({ field });
  });
});

describe('a network', () => {
  it.each([
    ['192.0.2.77', '192.0.2.77'], ['192.0.2.77/32', '192.0.2.77'], ['192.0.2.77/25', '192.0.2.0/25'], ['10.255.3.1/12', '10.240.0.0/12'], ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::1/32', '2001:db8::/32'], ['2001:db8:0:1:ffff::', '2001:db8:0:1::/64'], ['2001:db8:ffff::/33', '2001:db8:8000::/33'], ['::/0', '::/0'],
  ])('%s is written as PostgreSQL does: %s', (text, normal) => {
    expect(normalNetwork(text)).toBe(normal);
  });

  it.each(['', 'lobby', '192.0.2.0/33', '2001:db8::/65', '2001:db8::1%eth0', '192.0.2.0/'])('%j is none', (text) => {
    expect(normalNetwork(text)).toBeUndefined();
  });
});
