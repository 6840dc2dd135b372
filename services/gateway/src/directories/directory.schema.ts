import { z } from 'zod';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Directory as WireDirectory, DirectorySettingsSchema } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { DIRECTORIES, TEXT } from '../limits.js';
import { entra, entraState, fromEntra, toEntra } from './entra.schema.js';
import { ldap, ldapState, toLdap } from './ldap.schema.js';
import { sql, sqlState, toSql } from './sql.schema.js';

export const directoryName = z.string().min(1).max(TEXT.directoryName).describe('AD_ORGA: unique with all aliases, in any case.');

const meta = z.strictObject({ members: z.array(identifier).max(DIRECTORIES.max).describe('Identifiers of directories, guests among them, in the order in which they are asked. The first one that knows an address answers; one that is down is waited for.') })
  .meta({ id: 'MetaSettings' });

const settings = {
  name: directoryName,
  description: z.string().max(TEXT.description).default(''),
  aliases: z.array(z.string().min(1).max(TEXT.directoryName)).max(DIRECTORIES.aliasesMax).default([]).describe('Other names of it.'),
  kind: z.enum(['ldap', 'entra', 'sql', 'local', 'guests', 'meta']).describe('ldap: an LDAP server; entra: a tenant of Microsoft Entra; sql: a table in a database; local: people written down or imported here. There is one of kind guests and one of kind meta, always. For ldap, entra, sql and meta the settings of that name are given.'),
  isDefault: z.boolean().optional().describe('Owners are looked for in it; true takes that from the one before. Left out: as it is.'),
  ldap: ldap.optional(),
  entra: entra.optional(),
  sql: sql.optional(),
  meta: meta.optional(),
};

export const directorySettings = z.strictObject(settings).meta({ id: 'DirectorySettings' });

export const directoryUpdate = z.strictObject({
  ...settings,
  version: z.int().min(1).max(DIRECTORIES.versionMax).optional().describe('Of the directory as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'DirectoryUpdate' });

export const directory = z.object({
  directoryId: z.string(),
  name: z.string(),
  description: z.string(),
  aliases: z.array(z.string()),
  kind: z.string(),
  isDefault: z.boolean(),
  ldap: ldapState.nullable(),
  entra: entraState.nullable(),
  sql: sqlState.nullable(),
  meta: z.object({ members: z.array(z.string()) }).meta({ id: 'DirectoryMembers' }).nullable(),
  passwordStored: z.boolean().describe('The password, client secret or private key itself is never shown.'),
  state: z.string().describe('unused: no mail asked it since it was changed; answers; down: mails wait for it.'),
  problem: z.string().nullable().describe('Why it is down, in a sentence.'),
  stateSince: instant.nullable(),
  createdAt: instant.nullable(),
  version: z.int(),
  provenance,
}).meta({ id: 'Directory' });

export function fromDirectorySettings({ isDefault, ldap, entra, sql, meta, ...general }: z.output<typeof directorySettings>): MessageInitShape<typeof DirectorySettingsSchema> {
  return { ...general, ...(isDefault === undefined ? {} : { isDefault }), ...(ldap ? { ldap: withPassword(ldap) } : {}), ...(entra ? { entra: fromEntra(entra) } : {}), ...(sql ? { sql: withPassword(sql) } : {}), ...(meta ? { meta } : {}) };
}

export function toDirectory(wire: WireDirectory | undefined): z.input<typeof directory> {
  const { directoryId, settings, state, problem, stateSince, passwordStored, createdAt, version, provenance: from } = present(wire, 'directory');
  const { name, description, aliases, kind, isDefault = false, ldap, entra, sql, meta } = present(settings, 'settings');
  return {
    directoryId, name, description, aliases, kind, isDefault, ldap: ldap ? toLdap(ldap) : null, entra: entra ? toEntra(entra) : null, sql: sql ? toSql(sql) : null,
    meta: meta ? { members: meta.members } : null,
    passwordStored, state, problem: orNull(problem), stateSince: toInstant(stateSince), createdAt: toInstant(createdAt), version, provenance: toProvenance(from),
  };
}

/** What isn't given stays away: it is not the same as empty. */
function withPassword<T extends { readonly password?: string | undefined }>({ password, ...fields }: T) {
  return { ...fields, ...(password === undefined ? {} : { password }) };
}
