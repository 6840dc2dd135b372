import { Code, ConnectError } from '@connectrpc/connect';
import { type CheckedDirectory, checkName } from './check-directory.js';
import type { StoredDirectory } from './directory.js';

/** The same settings under another name (V-11), the password too; not its aliases, which lead to one directory only, and not its people. */
export function duplicateOf({ description, settings }: StoredDirectory, name: string, password: string): CheckedDirectory {
  if (settings.kind === 'guests' || settings.kind === 'meta') throw new ConnectError(`There is one directory of kind ${settings.kind}, always.`, Code.FailedPrecondition);
  return { name: checkName('name', name), description, aliases: [], settings, isDefault: false, password: password === '' ? undefined : password, keepsPassword: false };
}
