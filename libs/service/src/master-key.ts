import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigDefinition, ConfigOf } from '@inkpost/config/config.js';
import { optionalText } from '@inkpost/config/variables.js';
import { MasterKeyFile } from '@inkpost/secrets/master-key-file.js';
import { type MasterKey, parseMasterKey } from '@inkpost/secrets/master-key.js';

/** Where the master key comes from: part of the settings of every service that seals or opens something. */
export const masterKeyVariables = {
  masterKey: optionalText('INKPOST_MASTER_KEY', 'The master key itself, instead of a file: 32 bytes as 64 hex digits or base64. A replacement needs a restart.'),
  masterKeyFile: optionalText('INKPOST_MASTER_KEY_FILE', 'File of the master key, such as a Docker secret, instead of `master-key` in the secrets folder.'),
  credentialsFolder: optionalText('CREDENTIALS_DIRECTORY', 'Set by systemd: a credential `inkpost.master-key` is the master key.'),
} satisfies ConfigDefinition;

type MasterKeyConfig = ConfigOf<typeof masterKeyVariables>;

/** A master key that whoever installed Inkpost keeps elsewhere than in the secrets folder: the text itself, or the path of its file. */
export function masterKeyFromElsewhere({ masterKey, masterKeyFile, credentialsFolder }: MasterKeyConfig): { readonly text: string } | { readonly path: string } | undefined {
  if (masterKey !== undefined) return { text: masterKey };
  if (masterKeyFile !== undefined) return { path: masterKeyFile };
  const credential = credentialsFolder === undefined ? undefined : join(credentialsFolder, 'inkpost.master-key');
  // systemd sets the folder for any credential.
  return credential !== undefined && existsSync(credential) ? { path: credential } : undefined;
}

/**
 * The master key of a service. One in a file is read anew when the file is replaced. Throws the PermanentFailure
 * `secrets.master-key-invalid`, the CauseDown `secrets.master-key-unreadable`.
 */
export function masterKeyOf(config: MasterKeyConfig, secrets: { pathOf(name: string): string }): MasterKey {
  const elsewhere = masterKeyFromElsewhere(config) ?? { path: secrets.pathOf('master-key') };
  return 'text' in elsewhere ? parseMasterKey(elsewhere.text) : new MasterKeyFile(elsewhere.path);
}
