import { create, type JsonObject } from '@bufbuild/protobuf';
import { type DirectorySettings, DirectorySettingsSchema, DeleteDirectoryRequestSchema, UpdateDirectoryRequestSchema } from '@inkpost/contracts/admin/v1/directories_pb.js';
import type { ObjectReference, SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { freeName } from '@inkpost/shared-object/step-aside.js';
import { bodyOf, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { DirectoriesRpc } from '../directories/directories.rpc.js';
import { GUESTS, type StoredDirectory } from '../directories/directory.js';
import { toSettingsWire } from '../directories/directory-wire.js';
import type { DirectoryStore } from '../directories/directory.store.js';
import { DIRECTORY_NAME_LENGTH_MAX } from '../limits.js';

/** The guest base is everywhere; META is too, but what is asked in it differs. */
export function directoryReference(directoryId: string): ObjectReference[] {
  return directoryId === '' || directoryId === GUESTS ? [] : [{ kind: 'directory', objectId: directoryId }];
}

/** Directories of any kind (DOM-033), and whom META asks; not the people of local ones and not which one is the default. */
export function directoryKind(rpc: DirectoriesRpc, store: DirectoryStore): SharedKind {
  return {
    kind: 'directory',
    list: async () => (await store.load()).directories.map(({ directoryId, name }) => ({ objectId: directoryId, name })),
    read: async (directoryId) => {
      const directory = (await store.load()).directories.find((each) => each.directoryId === directoryId);
      if (!directory) return undefined;
      const { name, settings } = directory;
      const needs = settings.kind === 'meta' ? settings.members.flatMap(directoryReference) : [];
      const { isDefault: _, ...body } = bodyOf(DirectorySettingsSchema, toSettingsWire(directory, false));
      const password = store.passwordOf(directory);
      return { name, body, needs, ...(password === '' ? {} : { secrets: { password } }) };
    },
    apply: async ({ objectId: directoryId, body, secrets, isThere }, context) => {
      const settings = withPassword(settingsOf(DirectorySettingsSchema, body), secrets);
      if (isThere) await rpc.updateDirectory(create(UpdateDirectoryRequestSchema, { directoryId, settings }), context);
      else await rpc.create(directoryId, settings, context);
    },
    delete: (directoryId, context) => orGone(rpc.deleteDirectory(create(DeleteDirectoryRequestSchema, { directoryId }), context)),
    makeRoom: async ({ objectId, body }, serverName, rehearses) => {
      const { name, aliases } = settingsOf(DirectorySettingsSchema, body);
      const { directories } = await store.load();
      const wanted = new Set([name, ...aliases].map((each) => each.toLowerCase()));
      const inTheWay = directories.find((each) => each.directoryId !== objectId && namesOf(each).some((own) => wanted.has(own.toLowerCase())));
      if (!inTheWay) return undefined;
      const taken = new Set([...wanted, ...directories.flatMap(namesOf).map((each) => each.toLowerCase())]);
      const isClashing = wanted.has(inTheWay.name.toLowerCase());
      const renamed = isClashing ? await freeName((number) => besideName(inTheWay.name, serverName + number), async (free) => taken.has(free.toLowerCase())) : inTheWay.name;
      if (!rehearses) await store.update(inTheWay.directoryId, { ...stays(inTheWay), name: renamed, aliases: inTheWay.aliases.filter((alias) => !wanted.has(alias.toLowerCase())) }, 0);
      return renamed;
    },
  };
}

function namesOf({ name, aliases }: StoredDirectory): readonly string[] {
  return [name, ...aliases];
}

function stays({ description, settings }: StoredDirectory) {
  return { description, settings, isDefault: false, password: undefined, keepsPassword: true } as const;
}

/** As `NAME\login` allows it: without the brackets that other objects get. */
function besideName(name: string, serverName: string): string {
  const suffix = ` - ${serverName.replaceAll(/[^\p{L}\p{N} ._-]+/gu, '') || 'local'}`.slice(0, DIRECTORY_NAME_LENGTH_MAX - 1);
  return `${name.slice(0, DIRECTORY_NAME_LENGTH_MAX - suffix.length)}${suffix}`;
}

function withPassword(settings: DirectorySettings, { password }: JsonObject): DirectorySettings {
  if (typeof password !== 'string') return settings;
  const { ldap, sql, entra } = settings;
  if (ldap) return { ...settings, ldap: { ...ldap, password } };
  if (sql) return { ...settings, sql: { ...sql, password } };
  if (entra) return { ...settings, entra: { ...entra, ...(entra.signIn === 'secret' ? { clientSecret: password } : { privateKey: password }) } };
  return settings;
}

