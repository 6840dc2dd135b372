import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DirectorySchema, DirectorySettingsSchema } from '@inkpost/contracts/admin/v1/directories_pb.js';
import type { DirectoryHealth } from '../ports/directory.port.js';
import type { DirectoryConfiguration, StoredDirectory } from './directory.js';

/** Domain -> wire, without the secret. */
export function toDirectoryWire(directory: StoredDirectory, { defaultDirectoryId }: DirectoryConfiguration, health: DirectoryHealth): MessageInitShape<typeof DirectorySchema> {
  const { directoryId, sealedPassword, createdAt, version } = directory;
  return {
    directoryId, version, passwordStored: sealedPassword !== null, createdAt: timestampFromDate(createdAt), settings: toSettingsWire(directory, directoryId === defaultDirectoryId),
    state: health.state, problem: health.problem, ...(health.since ? { stateSince: timestampFromDate(health.since) } : {}),
  };
}

export function toSettingsWire({ name, description, aliases, settings }: StoredDirectory, isDefault: boolean): MessageInitShape<typeof DirectorySettingsSchema> {
  const general = { name, description, aliases: [...aliases], kind: settings.kind, isDefault };
  switch (settings.kind) {
    case 'ldap': {
      const { kind: _, mailAttributes, ...ldap } = settings;
      return { ...general, ldap: { ...ldap, mailAttributes: [...mailAttributes] } };
    }
    case 'entra': {
      const { kind: _, addressProperties, ...entra } = settings;
      return { ...general, entra: { ...entra, addressProperties: [...addressProperties] } };
    }
    case 'sql': {
      const { kind: _, addressColumns, ...sql } = settings;
      return { ...general, sql: { ...sql, addressColumns: [...addressColumns] } };
    }
    case 'meta':
      return { ...general, meta: { members: [...settings.members] } };
    case 'local':
    case 'guests':
    default:
      return general;
  }
}
