import { describe, expect, it } from 'vitest';
import { type Conditions, NO_CONDITIONS } from './conditions.js';
import { decideSender, forbiddenSenderText, senderRules } from './decide-sender.js';

const decide = (conditions: Partial<Conditions>, sender: string) => decideSender(senderRules({ ...NO_CONDITIONS, ...conditions }), sender);

const accepted = (rule: string) => ({ accepted: true, rule });
const refused = (rule: string) => ({ accepted: false, rule });

describe('a sender', () => {
  it.each<[string, Partial<Conditions>, string, ReturnType<typeof decide>]>([
    ['nobody without conditions', {}, 'a@example.org', refused('')],
    ['an accepted domain', { acceptedDomains: ['example.org'] }, 'a@example.org', accepted('accepted domain example.org')],
    ['a domain in capitals', { acceptedDomains: ['example.org'] }, 'A@EXAMPLE.ORG', accepted('accepted domain example.org')],
    ['an international domain', { acceptedDomains: ['xn--bro-hoa.example'] }, 'a@Büro.example', accepted('accepted domain xn--bro-hoa.example')],
    ['another domain', { acceptedDomains: ['example.org'] }, 'a@example.com', refused('')],
    ['a domain that only ends alike', { acceptedDomains: ['example.org'] }, 'a@notexample.org', refused('')],
    ['a subdomain of an accepted domain', { acceptedDomains: ['example.org'] }, 'a@mail.example.org', refused('')],
    ['a subdomain by the star', { acceptedDomains: ['*.example.org'] }, 'a@mail.example.org', accepted('accepted domain *.example.org')],
    ['a deep subdomain by the star', { acceptedDomains: ['*.example.org'] }, 'a@a.b.c.example.org', accepted('accepted domain *.example.org')],
    ['the domain itself by the star', { acceptedDomains: ['*.example.org'] }, 'a@example.org', refused('')],
    ['a domain that only ends like the star\'s', { acceptedDomains: ['*.example.org'] }, 'a@x.notexample.org', refused('')],
    ['an accepted address', { acceptedAddresses: ['a@example.org'] }, 'A@example.org', accepted('accepted address a@example.org')],
    ['another address of its domain', { acceptedAddresses: ['a@example.org'] }, 'b@example.org', refused('')],
    ['a refused address of an accepted domain (SKY-068)', { acceptedDomains: ['organisation.com'], refusedAddresses: ['d.dupont@organisation.com'] }, 'd.dupont@organisation.com', refused('refused address d.dupont@organisation.com')],
    ['a colleague of a refused address', { acceptedDomains: ['organisation.com'], refusedAddresses: ['d.dupont@organisation.com'] }, 'a.martin@organisation.com', accepted('accepted domain organisation.com')],
    ['an accepted address of a refused domain: refused wins, however exact', { acceptedAddresses: ['a@example.org'], refusedDomains: ['example.org'] }, 'a@example.org', refused('refused domain example.org')],
    ['an accepted domain below a refused star', { acceptedDomains: ['mail.example.org'], refusedDomains: ['*.example.org'] }, 'a@mail.example.org', refused('refused domain *.example.org')],
    ['the same address accepted and refused', { acceptedAddresses: ['a@example.org'], refusedAddresses: ['a@example.org'] }, 'a@example.org', refused('refused address a@example.org')],
    ['a refused address in quotes', { acceptedDomains: ['organisation.com'], refusedAddresses: ['d.dupont@organisation.com'] }, '"D.Dupont"@organisation.com', refused('refused address d.dupont@organisation.com')],
    ['a refused domain of an accepted star', { acceptedDomains: ['*.example.org'], refusedDomains: ['guests.example.org'] }, 'a@guests.example.org', refused('refused domain guests.example.org')],
    ['a refused domain written in its own letters', { acceptedDomains: ['*.example'], refusedDomains: ['xn--bro-hoa.example'] }, 'a@BÜRO.example', refused('refused domain xn--bro-hoa.example')],
    ['an international local part, whatever its case', { acceptedAddresses: ['élodie@example.org'] }, 'ÉLODIE@example.org', accepted('accepted address élodie@example.org')],
    ['an international local part in decomposed letters', { acceptedAddresses: ['élodie@example.org'] }, 'e\u0301lodie@example.org', accepted('accepted address élodie@example.org')],
    ['a domain with a Cyrillic letter that looks the same', { acceptedDomains: ['example.org'] }, 'a@ex\u0430mple.org', refused('')],
    ['a domain with a dotless i', { acceptedDomains: ['invoice.example'] }, 'a@invo\u0131ce.example', refused('')],
    ['a local part with a Greek letter that looks the same', { acceptedAddresses: ['boss@example.org'] }, 'b\u03BFss@example.org', refused('')],
    ['a domain in full-width letters, which is the same one (UTS 46)', { acceptedDomains: ['example.org'] }, 'a@ｅｘａｍｐｌｅ.org', accepted('accepted domain example.org')],
    ['a domain behind an ideographic full stop, which is a dot (UTS 46)', { acceptedDomains: ['example.org'] }, 'a@example\u3002org', accepted('accepted domain example.org')],
    ['an accepted domain before an @ of its own', { acceptedDomains: ['example.org'] }, '"a@example.org"@evil.example', refused('')],
    ['an address of 400 characters', { acceptedDomains: ['*.example.org'] }, `a@${'b.'.repeat(193)}example.org`, refused('')],
    ['a local part of 400 characters', { acceptedDomains: ['example.org'] }, `${'a'.repeat(388)}@example.org`, refused('')],
    ['an address with a line of its own', { acceptedDomains: ['example.org'] }, 'a@evil.example\r\nFrom: b@example.org', refused('')],
    ['an empty address', { acceptedDomains: ['example.org'] }, '', refused('')],
    ['two addresses in one', { acceptedDomains: ['example.org'] }, 'a@evil.example, b@example.org', refused('')],
    ['an address in brackets', { acceptedDomains: ['example.org'] }, '<a@example.org>', refused('')],
  ])('decides: %s', (_, conditions, sender, decision) => expect(decide(conditions, sender)).toEqual(decision));

  it('gets the exact sentence of SKY-120', () => {
    expect(forbiddenSenderText('d.dupont@organisation.com')).toBe('The job was submitted with a forbidden e-mail address: d.dupont@organisation.com');
  });
});
