import type { DirectorySettings as WireSettings } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { ALIASES_MAX, DESCRIPTION_LENGTH_MAX, DIRECTORY_NAME_LENGTH_MAX } from '../limits.js';
import { checkEntra } from './check-entra.js';
import { checkLdap } from './check-ldap.js';
import { type CheckedSecret, checkSecret } from './check-secret.js';
import { checkSql } from './check-sql.js';
import { type DirectoryKind, GUESTS, KINDS, type KindSettings, META, type StoredDirectory } from './directory.js';

/** Settings that may be written. */
export interface CheckedDirectory extends CheckedSecret {
  readonly name: string;
  readonly description: string;
  readonly aliases: readonly string[];
  readonly settings: KindSettings;
  /** Owners are looked for in it from now on. */
  readonly isDefault: boolean;
}

/** What is there before. */
export interface DirectoriesBefore {
  readonly all: readonly StoredDirectory[];
  readonly defaultDirectoryId: string;
  /** The one that is changed; undefined: a new one. */
  readonly changed: StoredDirectory | undefined;
}

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkDirectory(wire: WireSettings | undefined, before: DirectoriesBefore): CheckedDirectory {
  if (!wire) throw invalidField('settings', 'is missing');
  const { changed, defaultDirectoryId } = before;
  const kind = checkKind(wire.kind, changed);
  const name = checkName('name', wire.name);
  if (wire.aliases.length > ALIASES_MAX) throw invalidField('aliases', `must be at most ${ALIASES_MAX}`);
  const aliases = wire.aliases.map((alias) => checkName('aliases', alias));
  if (new Set([name, ...aliases].map((each) => each.toLowerCase())).size <= aliases.length) throw invalidField('aliases', 'must differ from each other and from the name');
  if (wire.isDefault === false && changed?.directoryId === defaultDirectoryId) throw invalidField('isDefault', 'can\'t be taken from the default directory: mark another one instead');
  const settings = checkOwn(kind, wire, before);
  return {
    name, aliases, settings, description: checkLine('description', wire.description, DESCRIPTION_LENGTH_MAX), isDefault: wire.isDefault === true,
    ...checkSecret(settings, wire, changed),
  };
}

function checkKind(text: string, changed: StoredDirectory | undefined): DirectoryKind {
  const kind = KINDS.find((each) => each === text);
  if (changed && kind !== changed.settings.kind) throw invalidField('kind', `must stay ${changed.settings.kind}: add another directory instead`);
  if (!changed && (kind === GUESTS || kind === META)) throw invalidField('kind', `must be another one: there is one directory of kind ${kind}, always`);
  if (!kind) throw invalidField('kind', 'must be ldap, entra, sql or local');
  return kind;
}

/** A name that can stand before a login, as in `NAME\login`. */
export function checkName(field: string, text: string): string {
  const name = text.trim();
  if (name.length > DIRECTORY_NAME_LENGTH_MAX || !/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(name)) {
    throw invalidField(field, `must have 1 to ${DIRECTORY_NAME_LENGTH_MAX} letters, digits, spaces, dots, hyphens or underscores, with a letter or digit first`);
  }
  return name;
}

function checkOwn(kind: DirectoryKind, wire: WireSettings, before: DirectoriesBefore): KindSettings {
  for (const other of ['ldap', 'entra', 'sql', 'meta'] as const) if (wire[other] && kind !== other) throw invalidField(other, `is for kind ${other}; leave it out`);
  switch (kind) {
    case 'ldap':
      if (!wire.ldap) throw invalidField('ldap', 'is missing: host, TLS, baseDn and the account that searches');
      return { kind, ...checkLdap(wire.ldap) };
    case 'entra':
      if (!wire.entra) throw invalidField('entra', 'is missing: tenantId, clientId and clientSecret');
      return { kind, ...checkEntra(wire.entra) };
    case 'sql':
      if (!wire.sql) throw invalidField('sql', 'is missing: the server, the account that reads, the query and its columns');
      return { kind, ...checkSql(wire.sql) };
    case 'meta':
      if (!wire.meta) throw invalidField('meta', 'is missing: its members in their order');
      return { kind, members: checkMembers(wire.meta.members, before.all) };
    case 'local':
    case 'guests':
    default:
      return { kind };
  }
}

function checkMembers(members: readonly string[], all: readonly StoredDirectory[]): readonly string[] {
  if (new Set(members).size < members.length) throw invalidField('meta.members', 'must name each directory once');
  const unknown = members.find((member) => member === META || !all.some(({ directoryId }) => directoryId === member));
  if (unknown !== undefined) throw invalidField('meta.members', `must be identifiers of other directories; there is no directory "${unknown.slice(0, 64)}" for it`);
  if (!members.includes(GUESTS)) throw invalidField('meta.members', 'must contain guests: new guests are made there, so it is always asked');
  return members;
}
