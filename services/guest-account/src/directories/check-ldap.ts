import { FilterParser } from 'ldapts';
import type { LdapSettings as WireLdap } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { ATTRIBUTE_LENGTH_MAX, DN_LENGTH_MAX, FILTER_LENGTH_MAX, MAIL_ATTRIBUTES_MAX } from '../limits.js';
import { ADDRESS_PLACE } from './address-place.js';
import { checkAuthority, checkHost, checkPort, checkTimes } from './check-server.js';
import type { LdapSettings } from './ldap-settings.js';

const TLS_CHOICES = ['implicit', 'starttls', 'none'] as const;

/** RFC 4512, 1.4 and 2.5: a name or numbers with dots, perhaps with options such as `;lang-fr`. */
const ATTRIBUTE = /^(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)(?:;[a-z0-9-]+)*$/i;

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkLdap(wire: WireLdap): LdapSettings {
  const tls = TLS_CHOICES.find((choice) => choice === wire.tls);
  if (!tls) throw invalidField('ldap.tls', `must be one of ${TLS_CHOICES.join(', ')}`);
  if (wire.mailAttributes.length === 0 || wire.mailAttributes.length > MAIL_ATTRIBUTES_MAX) throw invalidField('ldap.mailAttributes', `must be 1 to ${MAIL_ATTRIBUTES_MAX} attributes, such as mail`);
  return {
    host: checkHost('ldap.host', wire.host, 'the LDAP server, without ldap:// and port'), port: checkPort('ldap.port', wire.port, '636, without implicit TLS 389'),
    tls, certificateAuthority: checkAuthority('ldap.certificateAuthority', wire.certificateAuthority),
    bindDn: checkLine('ldap.bindDn', wire.bindDn, DN_LENGTH_MAX),
    baseDn: checkLine('ldap.baseDn', wire.baseDn, DN_LENGTH_MAX),
    peopleFilter: checkFilter('ldap.peopleFilter', wire.peopleFilter),
    addressFilter: checkAddressFilter(wire.addressFilter),
    mailAttributes: wire.mailAttributes.map((name) => checkAttribute('ldap.mailAttributes', name)),
    loginAttribute: checkAttribute('ldap.loginAttribute', wire.loginAttribute),
    nameAttribute: checkAttribute('ldap.nameAttribute', wire.nameAttribute),
    languageAttribute: orNone('ldap.languageAttribute', wire.languageAttribute),
    groupAttribute: orNone('ldap.groupAttribute', wire.groupAttribute),
    identityAttribute: orNone('ldap.identityAttribute', wire.identityAttribute),
    ...checkTimes('ldap', wire),
  };
}

function checkAddressFilter(text: string): string {
  if (text.trim() === '') return '';
  if (!text.includes(ADDRESS_PLACE)) throw invalidField('ldap.addressFilter', `must contain ${ADDRESS_PLACE}, for example (mail=${ADDRESS_PLACE}); or leave it empty`);
  checkFilter('ldap.addressFilter', text.replaceAll(ADDRESS_PLACE, 'somebody@example.org'));
  return text.trim();
}

function checkFilter(field: string, text: string): string {
  const filter = text.trim();
  try {
    if (filter.length <= FILTER_LENGTH_MAX && filter.startsWith('(') && FilterParser.parseString(filter).type !== undefined) return filter;
  } catch {
    // Told below.
  }
  throw invalidField(field, `must be one LDAP filter in brackets (RFC 4515) of at most ${FILTER_LENGTH_MAX} characters, for example (objectClass=person)`);
}

function checkAttribute(field: string, text: string): string {
  const name = text.trim();
  if (name.length > ATTRIBUTE_LENGTH_MAX || !ATTRIBUTE.test(name)) throw invalidField(field, 'must be the name of an attribute, such as mail');
  return name;
}

function orNone(field: string, text: string): string {
  return text.trim() === '' ? '' : checkAttribute(field, text);
}
