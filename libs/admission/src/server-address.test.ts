import { describe, expect, it } from 'vitest';
import { serverUri } from './server-address.js';

describe('the address of a server (CLI-004)', () => {
  it.each([
    ['10.10.0.110', 'https://10.10.0.110:5753/watchdoc/server'],
    ['printserver1', 'https://printserver1:5753/watchdoc/server'],
    [' PrintServer1.doxense.local ', 'https://printserver1.doxense.local:5753/watchdoc/server'],
    ['https://printserver1:5753/watchdoc/server', 'https://printserver1:5753/watchdoc/server'],
    ['https://printserver1/', 'https://printserver1:5753/watchdoc/server'],
    ['https://printserver1:443', 'https://printserver1:443/watchdoc/server'],
    ['printserver1:6000', 'https://printserver1:6000/watchdoc/server'],
    ['2001:db8::1', 'https://[2001:db8::1]:5753/watchdoc/server'],
    ['[2001:db8::1]:6000', 'https://[2001:db8::1]:6000/watchdoc/server'],
  ])('may be %s', (address, uri) => {
    expect(serverUri(address)).toBe(uri);
  });

  it('has the port that is given beside it, unless it says one itself', () => {
    expect(serverUri('printserver1', 6_001)).toBe('https://printserver1:6001/watchdoc/server');
    expect(serverUri('printserver1:6000', 6_001)).toBe('https://printserver1:6000/watchdoc/server');
  });

  it.each(['', ' ', 'two words', 'https://user@printserver1', 'https://printserver1/elsewhere', 'ftp://printserver1', 'http://printserver1:5753/watchdoc/server', 'https://printserver1?x=1', 'x'.repeat(400), 'printserver1:99999', 'https://'])('is refused: "%s"', (address) => {
    expect(() => serverUri(address)).toThrow(expect.objectContaining({ code: 'admission.address' }));
  });
});
