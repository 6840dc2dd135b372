import { describe, expect, it } from 'vitest';
import { isServerAddress, serverAddresses } from './server-addresses.js';

/** A name to the system, which leads to 169.254.169.254. */
const NUMBER = '2852039166';
const strict = { linkLocalAllowed: false };

describe('a server', () => {
  it.each(['169.254.169.254', '169.254.1.1', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'])('is at the link-local or metadata address %s only where that is allowed', (address) => {
    expect(isServerAddress(address, strict)).toBe(false);
    expect(isServerAddress(address, { linkLocalAllowed: true })).toBe(true);
  });

  it.each(['0.0.0.0', '::', '224.0.0.1', '255.255.255.255', 'ff02::1', '::ffff:0.0.0.0', 'localhost', ''])('is never at %j', (address) => {
    expect(isServerAddress(address, { linkLocalAllowed: true })).toBe(false);
  });

  it.each(['127.0.0.1', '10.0.0.1', '192.168.1.1', '2001:db8::1', 'fd12::1', '100.100.100.201'])('may be at %s', (address) => {
    expect(isServerAddress(address, strict)).toBe(true);
  });

  it('whose name leads to where none may be is refused with a sentence, before anything is sent', async () => {
    await expect(serverAddresses('169.254.169.254', strict)).rejects.toMatchObject({ message: '169.254.169.254 is a link-local or metadata address, where no server may be unless INKPOST_LINK_LOCAL_SERVERS is set to allowed. Nothing was sent there.' });
    await expect(serverAddresses(NUMBER, strict)).rejects.toMatchObject({ message: `${NUMBER} leads to 169.254.169.254, a link-local or metadata address, where no server may be unless INKPOST_LINK_LOCAL_SERVERS is set to allowed. Nothing was sent there.` });
    await expect(serverAddresses('0.0.0.0', strict)).rejects.toMatchObject({ message: '0.0.0.0 is an address where no server can be. Nothing was sent there.' });
    await expect(serverAddresses(NUMBER, { linkLocalAllowed: true })).resolves.toEqual(['169.254.169.254']);
    await expect(serverAddresses('localhost', strict)).resolves.toContain('127.0.0.1');
    await expect(serverAddresses('no-such-host.invalid', strict)).rejects.toMatchObject({ message: expect.stringMatching(/^The name no-such-host\.invalid (is unknown here|can't be looked up now)/) as unknown });
  });
});
