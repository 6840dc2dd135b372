import { z } from 'zod';
import type { LdapSettings as WireLdap } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { pem, tls } from '../answer-route/fields.js';
import { DIRECTORIES, TEXT } from '../limits.js';
import { cacheTimes, host, shownTimes } from './server-fields.js';

const attribute = z.string().max(TEXT.attribute);

export const ldap = z.strictObject({
  host,
  port: z.int().min(1).max(65_535).default(636),
  tls,
  certificateAuthority: pem,
  bindDn: z.string().max(TEXT.dn).default('').describe('The account that searches; empty: nobody signs in.'),
  baseDn: z.string().max(TEXT.dn).describe('Where people are looked for, with everything below.'),
  peopleFilter: z.string().max(TEXT.filter).default('(objectClass=person)').describe('Which entries are people (RFC 4515).'),
  addressFilter: z.string().max(TEXT.filter).default('').describe('How a person is found by an address, with {address} in it; empty: by the mail attributes.'),
  mailAttributes: z.array(attribute.min(1)).min(1).max(DIRECTORIES.mailAttributesMax).default(['mail', 'proxyAddresses', 'mailAlternateAddress']).describe('Where addresses are written; the first address of the first one is where mails go. Whoever is found has the address in one of them.'),
  loginAttribute: attribute.min(1).default('uid').describe('At Active Directory sAMAccountName.'),
  nameAttribute: attribute.min(1).default('displayName'),
  languageAttribute: attribute.default('preferredLanguage').describe('Empty: none.'),
  groupAttribute: attribute.default('memberOf').describe('Empty: groups are searched by their members.'),
  identityAttribute: attribute.default('entryUUID').describe('What stays when a person is renamed; at Active Directory objectGUID. Empty: the entry\'s name.'),
  ...cacheTimes,
  password: z.string().max(TEXT.password).optional().describe('Of the account that searches. Never shown again; without it the stored one stays, for the same server and account.'),
}).meta({ id: 'LdapSettings', description: 'How people are found in an LDAP directory.' });

export const ldapState = z.object({
  host: z.string(), port: z.int(), tls: z.string(), certificateAuthority: z.string(), bindDn: z.string(), baseDn: z.string(), peopleFilter: z.string(), addressFilter: z.string(),
  mailAttributes: z.array(z.string()), loginAttribute: z.string(), nameAttribute: z.string(), languageAttribute: z.string(), groupAttribute: z.string(), identityAttribute: z.string(),
  ...shownTimes,
}).meta({ id: 'DirectoryLdap', description: 'Without the password, which is never shown.' });

export function toLdap({ $typeName: _name, $unknown: _unknown, password: _password, ...fields }: WireLdap): z.input<typeof ldapState> {
  return fields;
}
