import { describe, expect, it } from 'vitest';
import { checkAuthenticationSettings } from './authentication-settings.js';

const check = (wanted: Partial<Parameters<typeof checkAuthenticationSettings>[0]>) => checkAuthenticationSettings({ mode: 'report', trustedServers: [], trustedRelays: [], ...wanted });

describe('settings of sender authentication', () => {
  it('are kept in one form, each entry once', () => {
    expect(check({ mode: 'require', trustedServers: [' MX.Example.org', 'mx.example.org', 'mx.büro.example'], trustedRelays: ['192.0.2.1', '192.0.2.0/24', '2001:DB8::/32', '::1', '192.0.2.1'] })).toEqual({
      mode: 'require', trustedServers: ['mx.example.org', 'mx.xn--bro-hoa.example'], trustedRelays: ['192.0.2.1', '192.0.2.0/24', '2001:db8::/32', '::1'],
    });
  });

  it.each([
    [{ mode: '' }, 'mode', 'off, report, require'],
    [{ mode: 'REQUIRE' }, 'mode', 'off, report, require'],
    [{ trustedServers: ['mx.example.org', 'a b'] }, 'trustedServers', 'entry 2 ("a b")'],
    [{ trustedServers: ['*.example.org'] }, 'trustedServers', 'entry 1'],
    [{ trustedServers: [''] }, 'trustedServers', 'entry 1'],
    [{ trustedRelays: ['mx.example.org'] }, 'trustedRelays', 'entry 1'],
    [{ trustedRelays: ['192.0.2.1/33'] }, 'trustedRelays', 'entry 1'],
    [{ trustedRelays: ['::/129'] }, 'trustedRelays', 'entry 1'],
    // Then nobody's mails would be looked at.
    [{ trustedRelays: ['0.0.0.0/0'] }, 'trustedRelays', 'entry 1'],
    [{ trustedRelays: ['::/0'] }, 'trustedRelays', 'entry 1'],
    [{ trustedRelays: ['192.0.2.1/'] }, 'trustedRelays', 'entry 1'],
    [{ trustedRelays: ['192.0.2.1%eth0'] }, 'trustedRelays', 'entry 1'],
    [{ trustedServers: Array.from({ length: 101 }, (_, index) => `mx${index}.example`) }, 'trustedServers', 'at most 100'],
  ])('name the entry that is none: %j', (wanted, field, reason) => {
    expect(check(wanted)).toMatchObject({ field, reason: expect.stringContaining(reason) as string });
  });
});
