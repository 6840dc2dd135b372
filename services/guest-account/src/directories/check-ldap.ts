import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { FilterParser } from 'ldapts';
import type { LdapSettings as WireLdap } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { isServerAddress } from '@inkpost/server-connection/server-addresses.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { ATTRIBUTE_LENGTH_MAX, CACHE_SECONDS_MAX, CERTIFICATE_LENGTH_MAX, DN_LENGTH_MAX, FILTER_LENGTH_MAX, HOST_LENGTH_MAX, MAIL_ATTRIBUTES_MAX, TIMEOUT_RANGE_MS } from '../limits.js';
import { ADDRESS_PLACE } from './address-place.js';
import type { LdapSettings } from './ldap-settings.js';

const TLS_CHOICES = ['implicit', 'starttls', 'none'] as const;

/** RFC 4512, 1.4 and 2.5: a name or numbers with dots, perhaps with options such as `;lang-fr`. */
const ATTRIBUTE = /^(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)(?:;[a-z0-9-]+)*$/i;

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkLdap(wire: WireLdap): LdapSettings {
  const tls = TLS_CHOICES.find((choice) => choice === wire.tls);
  if (!tls) throw invalidField('ldap.tls', `must be one of ${TLS_CHOICES.join(', ')}`);
  if (wire.port < 1 || wire.port > 65_535) throw invalidField('ldap.port', 'must be a number from 1 to 65535; usually 636, without implicit TLS 389');
  if (wire.timeoutMs < TIMEOUT_RANGE_MS.min || wire.timeoutMs > TIMEOUT_RANGE_MS.max) throw invalidField('ldap.timeoutMs', `must be a number from ${TIMEOUT_RANGE_MS.min} to ${TIMEOUT_RANGE_MS.max}`);
  if (wire.mailAttributes.length === 0 || wire.mailAttributes.length > MAIL_ATTRIBUTES_MAX) throw invalidField('ldap.mailAttributes', `must be 1 to ${MAIL_ATTRIBUTES_MAX} attributes, such as mail`);
  return {
    host: checkHost(wire.host), port: wire.port, tls, certificateAuthority: checkCertificate(wire.certificateAuthority),
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
    timeoutMs: wire.timeoutMs,
    cacheSeconds: checkSeconds('ldap.cacheSeconds', wire.cacheSeconds),
    missCacheSeconds: checkSeconds('ldap.missCacheSeconds', wire.missCacheSeconds),
  };
}

function checkHost(text: string): string {
  const given = text.trim();
  const host = isIP(given) === 0 ? parseDomain(given) : given;
  if (host === undefined || host.length > HOST_LENGTH_MAX) throw invalidField('ldap.host', 'must be the name or IP address of the LDAP server, without ldap:// and port');
  // Whether link-local ones are allowed is the installation's: what connects looks again, at what a name leads to.
  if (isIP(host) !== 0 && !isServerAddress(host, { linkLocalAllowed: true })) throw invalidField('ldap.host', 'must be the address of a server');
  return host;
}

function checkCertificate(text: string): string {
  const pem = text.trim();
  if (pem === '') return pem;
  try {
    if (pem.length <= CERTIFICATE_LENGTH_MAX && new X509Certificate(pem).subject !== undefined) return pem;
  } catch {
    // The same as too long: told below.
  }
  throw invalidField('ldap.certificateAuthority', 'must be a certificate in PEM form, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----');
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

function checkSeconds(field: string, seconds: number): number {
  if (seconds > CACHE_SECONDS_MAX) throw invalidField(field, `must be at most ${CACHE_SECONDS_MAX}`);
  return seconds;
}
