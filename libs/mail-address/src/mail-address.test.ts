import { describe, expect, it } from 'vitest';
import { parseDomain, parseMailAddress } from './mail-address.js';

describe('a domain', () => {
  it.each([
    ['example.org', 'example.org'],
    ['EXAMPLE.Org', 'example.org'],
    ['büro.example', 'xn--bro-hoa.example'],
    ['BÜRO.example', 'xn--bro-hoa.example'],
    ['xn--bro-hoa.example', 'xn--bro-hoa.example'],
    ['intranet', 'intranet'],
    ['3com.example', '3com.example'],
  ])('%s is compared as %s', (text, domain) => expect(parseDomain(text)).toBe(domain));

  it.each(['', '.', 'example..org', '.example.org', 'example.org.', '-a.example', 'a_b.example', 'exam ple.org', '127.0.0.1', '1', '0x7f.1', '[::1]', 'a%2eb.example', 'a;b.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(130)}example`])(
    'is not %j', (text) => expect(parseDomain(text)).toBeUndefined());
});

describe('an address', () => {
  it.each([
    ['Somebody@Example.ORG', 'somebody@example.org'],
    ['élodie@büro.example', 'élodie@xn--bro-hoa.example'],
    ["o'brien+print@example.org", "o'brien+print@example.org"],
    ['"a b"@example.org', '"a b"@example.org'],
    ['"a@b"@example.org', '"a@b"@example.org'],
    ['"Ada.Lovelace"@example.org', 'ada.lovelace@example.org'],
    [String.raw`"a\d\a"@example.org`, 'ada@example.org'],
    [String.raw`"a\ \"b\\"@example.org`, String.raw`"a \"b\\"@example.org`],
  ])('%s is compared as %s', (text, address) => expect(parseMailAddress(text)?.text).toBe(address));

  it('is the same in composed and decomposed letters', () => {
    expect(parseMailAddress('e\u0301lodie@example.org')).toEqual(parseMailAddress('\u00e9lodie@example.org'));
  });

  it.each(['', '@example.org', 'a@', 'a', 'a@b@example.org', '.a@example.org', 'a..b@example.org', 'a b@example.org', 'a@example.org, b@example.org', 'A <a@example.org>', 'a@example.org\r\nBcc: b@example.org', '"a\n"@example.org', `${'a'.repeat(65)}@example.org`, `a@${'b.'.repeat(200)}example`, `${'a'.repeat(64)}@${'b.'.repeat(95)}c`])(
    'is not %j', (text) => expect(parseMailAddress(text)).toBeUndefined());
});
