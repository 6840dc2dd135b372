import { FilterParser } from 'ldapts';
import { describe, expect, it } from 'vitest';
import { equality, escapeFilterValue, filterByAddress } from './ldap-filter.js';

const settings = { peopleFilter: '(objectClass=person)', addressFilter: '', mailAttributes: ['mail', 'proxyAddresses'] };

describe('a filter', () => {
  it('asks for an address in each attribute, with its kind where the attribute has it', () => {
    expect(filterByAddress(settings, 'ada@example.org')).toBe('(&(objectClass=person)(|(mail=ada@example.org)(proxyAddresses=smtp:ada@example.org)))');
  });

  it('asks for a domain in either alphabet', () => {
    expect(filterByAddress({ ...settings, mailAttributes: ['mail'] }, 'ada@xn--bro-hoa.example')).toBe('(&(objectClass=person)(|(mail=ada@xn--bro-hoa.example)(mail=ada@büro.example)))');
  });

  it('puts the address into a filter of one\'s own, wherever its place is', () => {
    expect(filterByAddress({ ...settings, addressFilter: '(|(mail={address})(otherMailbox=SMTP$1{address}))' }, '$&@example.org')).toBe('(&(objectClass=person)(|(mail=$&@example.org)(otherMailbox=SMTP$1$&@example.org)))');
  });

  it.each(['*', '*)(uid=*', 'a)(|(uid=*', '\\', '\\2a', 'a\0b', ')', '(', '"a b"', 'ü*'])('takes %j for a value and for nothing else', (value) => {
    const parsed = FilterParser.parseString(`(&(objectClass=person)${equality('uid', value)})`) as unknown as { filters: { attribute: string; value: string | Buffer }[] };
    expect(parsed.filters).toHaveLength(2);
    expect(String(parsed.filters[1]?.value)).toBe(value);
  });

  it('escapes what RFC 4515 says, and leaves the rest', () => {
    expect(escapeFilterValue('a*(b)\\c\0é@')).toBe('a\\2a\\28b\\29\\5cc\\00é@');
  });
});
