import { z } from 'zod';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Directory as WireDirectory, DirectorySettingsSchema, LdapSettings as WireLdap } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { identifier, instant, orNull, pem, present, tls, toInstant } from '../answer-route/fields.js';
import { DIRECTORIES, TEXT } from '../limits.js';

export const directoryName = z.string().min(1).max(TEXT.directoryName).describe('AD_ORGA: unique with all aliases, in any case.');

const attribute = z.string().max(TEXT.attribute);

const ldapFields = {
  host: z.string().min(1).max(TEXT.host).describe('Name or IP address. Link-local addresses and those of clouds\' metadata services are refused unless INKPOST_LINK_LOCAL_SERVERS says otherwise.'),
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
  timeoutMs: z.int().min(DIRECTORIES.timeoutMsMin).max(DIRECTORIES.timeoutMsMax).default(5_000).describe('How long one question may take.'),
  cacheSeconds: z.int().min(0).max(DIRECTORIES.cacheSecondsMax).default(300).describe('How long an answer holds; 0: each mail asks.'),
  missCacheSeconds: z.int().min(0).max(DIRECTORIES.cacheSecondsMax).default(60).describe('How long it holds that there is nobody.'),
};

const ldap = z.strictObject({ ...ldapFields, password: z.string().max(TEXT.password).optional().describe('Of the account that searches. Never shown again; without it the stored one stays, for the same server and account.') })
  .meta({ id: 'LdapSettings', description: 'How people are found in an LDAP directory.' });

const meta = z.strictObject({ members: z.array(identifier).max(DIRECTORIES.max).describe('Identifiers of directories, guests among them, in the order in which they are asked. The first one that knows an address answers; one that is down is waited for.') })
  .meta({ id: 'MetaSettings' });

const settings = {
  name: directoryName,
  description: z.string().max(TEXT.description).default(''),
  aliases: z.array(z.string().min(1).max(TEXT.directoryName)).max(DIRECTORIES.aliasesMax).default([]).describe('Other names of it.'),
  kind: z.enum(['ldap', 'local', 'guests', 'meta']).describe('ldap: an LDAP server; local: people written down or imported here. There is one of kind guests and one of kind meta, always. For ldap and meta the settings of that name are given.'),
  isDefault: z.boolean().optional().describe('Owners are looked for in it; true takes that from the one before. Left out: as it is.'),
  ldap: ldap.optional(),
  meta: meta.optional(),
};

export const directorySettings = z.strictObject(settings).meta({ id: 'DirectorySettings' });

export const directoryUpdate = z.strictObject({
  ...settings,
  version: z.int().min(1).max(DIRECTORIES.versionMax).optional().describe('Of the directory as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'DirectoryUpdate' });

const ldapState = z.object({
  host: z.string(), port: z.int(), tls: z.string(), certificateAuthority: z.string(), bindDn: z.string(), baseDn: z.string(), peopleFilter: z.string(), addressFilter: z.string(),
  mailAttributes: z.array(z.string()), loginAttribute: z.string(), nameAttribute: z.string(), languageAttribute: z.string(), groupAttribute: z.string(), identityAttribute: z.string(),
  timeoutMs: z.int(), cacheSeconds: z.int(), missCacheSeconds: z.int(),
}).meta({ id: 'DirectoryLdap', description: 'Without the password, which is never shown.' });

export const directory = z.object({
  directoryId: z.string(),
  name: z.string(),
  description: z.string(),
  aliases: z.array(z.string()),
  kind: z.string(),
  isDefault: z.boolean(),
  ldap: ldapState.nullable(),
  meta: z.object({ members: z.array(z.string()) }).meta({ id: 'DirectoryMembers' }).nullable(),
  passwordStored: z.boolean().describe('The password itself is never shown.'),
  state: z.string().describe('unused: no mail asked it since it was changed; answers; down: mails wait for it.'),
  problem: z.string().nullable().describe('Why it is down, in a sentence.'),
  stateSince: instant.nullable(),
  createdAt: instant.nullable(),
  version: z.int(),
}).meta({ id: 'Directory' });

export function fromDirectorySettings({ isDefault, ldap, meta, ...general }: z.output<typeof directorySettings>): MessageInitShape<typeof DirectorySettingsSchema> {
  return { ...general, ...(isDefault === undefined ? {} : { isDefault }), ...(ldap ? { ldap: fromLdap(ldap) } : {}), ...(meta ? { meta } : {}) };
}

export function toDirectory(wire: WireDirectory | undefined): z.input<typeof directory> {
  const { directoryId, settings, state, problem, stateSince, passwordStored, createdAt, version } = present(wire, 'directory');
  const { name, description, aliases, kind, isDefault = false, ldap, meta } = present(settings, 'settings');
  return {
    directoryId, name, description, aliases, kind, isDefault, ldap: ldap ? toLdap(ldap) : null, meta: meta ? { members: meta.members } : null,
    passwordStored, state, problem: orNull(problem), stateSince: toInstant(stateSince), createdAt: toInstant(createdAt), version,
  };
}

function fromLdap({ password, ...fields }: z.output<typeof ldap>) {
  return { ...fields, ...(password === undefined ? {} : { password }) };
}

function toLdap({ $typeName: _name, $unknown: _unknown, password: _password, ...fields }: WireLdap): z.input<typeof ldapState> {
  return fields;
}
