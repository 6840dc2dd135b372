import { readConfigs } from '@inkpost/config/config.js';
import { describe, expect, it } from 'vitest';
import { gatewayConfig } from './gateway.config.js';

const trusted = (text: string) => readConfigs([gatewayConfig], { INKPOST_HTTP_TRUSTED_PROXIES: text })[0].trustedProxies;

describe('the trusted proxies', () => {
  it('are addresses and networks', () => {
    expect(trusted('')).toEqual([]);
    expect(trusted(' 127.0.0.1, 192.0.2.0/24,2001:db8::/32 ,::1')).toEqual(['127.0.0.1', '192.0.2.0/24', '2001:db8::/32', '::1']);
  });

  it.each(['proxy.example.org', '192.0.2.0/33', '2001:db8::/129', '192.0.2.0/', '192.0.2.300', '192.0.2.0/255.255.255.0/8', '10.0.0.1 10.0.0.2'])('are not %j', (text) => {
    expect(() => trusted(text)).toThrow('INKPOST_HTTP_TRUSTED_PROXIES: must be addresses or networks');
  });
});

describe('the names of the certificate', () => {
  const named = (text: string) => readConfigs([gatewayConfig], { INKPOST_CERTIFICATE_NAMES: text })[0].certificateNames;

  it('are host names and addresses', () => {
    expect(named('')).toEqual([]);
    expect(named(' Print.example.org, 192.0.2.7,2001:db8::1,localhost')).toEqual(['print.example.org', '192.0.2.7', '2001:db8::1', 'localhost']);
  });

  it.each(['*.example.org', 'https://print.example.org', 'print.example.org:5753', '-a.example', 'a..b', `${'a'.repeat(64)}.example`])('are not %j', (text) => {
    expect(() => named(text)).toThrow('INKPOST_CERTIFICATE_NAMES: must be host names or addresses');
  });
});
