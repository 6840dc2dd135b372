import { readFile } from 'node:fs/promises';
import { type ConfigOf, type Environment, readConfigs } from '@inkpost/config/config.js';
import { KEY_FILE_AGE_MAX_MS } from '@inkpost/secrets/master-key-file.js';
import { masterKeyFromElsewhere, masterKeyVariables } from '@inkpost/service/master-key.js';
import { asDatabaseOwner, installationVariables, placesOf } from '../installation-places.js';
import { SUITE } from '../services.js';
import { KeyFiles } from './key-files.js';
import type { KeptKey } from './replace-master-key.js';

const secretsConfig = { ...installationVariables, ...masterKeyVariables };

/** Every use of the key looks at the file when its last look is older; the rest is for a slow disk. */
const KNOWN_EVERYWHERE_MS = 3 * KEY_FILE_AGE_MAX_MS;

async function keptElsewhere(config: ConfigOf<typeof secretsConfig>): Promise<string | undefined> {
  const elsewhere = masterKeyFromElsewhere(config);
  return elsewhere && ('text' in elsewhere ? elsewhere.text : readFile(elsewhere.path, 'utf8'));
}

/** Lets `act` reach the database and the master key of the installation that the environment names, running or not. */
export async function withInstallation<T>(environment: Environment, act: (kept: KeptKey) => Promise<T>): Promise<T> {
  const [config] = readConfigs([secretsConfig, ...SUITE.map((service) => service.config)], environment);
  const places = placesOf(config);
  return asDatabaseOwner(places, async (client) => act({ client, files: new KeyFiles(places.secretsFolder), elsewhere: await keptElsewhere(config), knownEverywhereMs: KNOWN_EVERYWHERE_MS }));
}
