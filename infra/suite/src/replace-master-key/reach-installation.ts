import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ConfigOf, type Environment, readConfigs } from '@inkpost/config/config.js';
import { text, optionalText, url } from '@inkpost/config/variables.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { KEY_FILE_AGE_MAX_MS } from '@inkpost/secrets/master-key-file.js';
import { masterKeyFromElsewhere, masterKeyVariables } from '@inkpost/service/master-key.js';
import { connect, reachEmbeddedDatabase } from '../reach-database.js';
import { SUITE } from '../services.js';
import { KeyFiles } from './key-files.js';
import type { KeptKey } from './replace-master-key.js';

const secretsConfig = {
  home: text('INKPOST_HOME', 'Folder of all data, as for npm start.', join(projectFolder, '.inkpost')),
  databaseOwnerUrl: url('INKPOST_DATABASE_OWNER_URL', 'The database with the account that owns it; without it the embedded one of INKPOST_HOME is used.', ['postgres', 'postgresql'], undefined),
  secretsFolder: optionalText('INKPOST_SECRETS_FOLDER', 'Folder of secrets; by default that of INKPOST_HOME.'),
  ...masterKeyVariables,
};

/** Every use of the key looks at the file when its last look is older; the rest is for a slow disk. */
const KNOWN_EVERYWHERE_MS = 3 * KEY_FILE_AGE_MAX_MS;

type SecretsConfig = ConfigOf<typeof secretsConfig>;

/** With the password that lies among the secrets, where the URL has none. */
export async function ownerUrl(given: string, secretsFolder: string): Promise<string> {
  const parsed = new URL(given);
  if (parsed.password === '') parsed.password = encodeURIComponent((await readFile(join(secretsFolder, 'owner', 'database-password'), 'utf8')).trim());
  return parsed.toString();
}

async function keptElsewhere(config: SecretsConfig): Promise<string | undefined> {
  const elsewhere = masterKeyFromElsewhere(config);
  return elsewhere && ('text' in elsewhere ? elsewhere.text : readFile(elsewhere.path, 'utf8'));
}

/** Lets `act` reach the database and the master key of the installation that the environment names, running or not. */
export async function withInstallation<T>(environment: Environment, act: (kept: KeptKey) => Promise<T>): Promise<T> {
  const [config] = readConfigs([secretsConfig, ...SUITE.map((service) => service.config)], environment);
  const home = resolve(config.home);
  const secretsFolder = config.secretsFolder ?? join(home, 'secrets');
  if (!existsSync(join(secretsFolder, 'owner'))) throw new Error(`There are no secrets in ${secretsFolder}: start Inkpost first, or say where its data is by INKPOST_HOME.`);
  const database = config.databaseOwnerUrl === undefined ? await reachEmbeddedDatabase(home) : { url: await ownerUrl(config.databaseOwnerUrl, secretsFolder), stop: async () => undefined };
  try {
    const client = await connect(database.url);
    try {
      return await act({ client, files: new KeyFiles(secretsFolder), elsewhere: await keptElsewhere(config), knownEverywhereMs: KNOWN_EVERYWHERE_MS });
    } finally {
      await client.end();
    }
  } finally {
    await database.stop();
  }
}
