import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Client } from 'pg';
import type { ConfigOf } from '@inkpost/config/config.js';
import { optionalText, text, url } from '@inkpost/config/variables.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { connect, reachEmbeddedDatabase } from './reach-database.js';

/** Where the installation lies that a command beside `npm start` is about. */
export const installationVariables = {
  home: text('INKPOST_HOME', 'Folder of all data, as for npm start.', join(projectFolder, '.inkpost')),
  databaseOwnerUrl: url('INKPOST_DATABASE_OWNER_URL', 'The database with the account that owns it; without it the embedded one of INKPOST_HOME is used.', ['postgres', 'postgresql'], undefined),
  secretsFolder: optionalText('INKPOST_SECRETS_FOLDER', 'Folder of secrets; by default that of INKPOST_HOME.'),
};

export interface InstallationPlaces {
  readonly home: string;
  readonly secretsFolder: string;
  /** Undefined: the database is the embedded one. */
  readonly databaseOwnerUrl: string | undefined;
}

export function placesOf({ home: given, secretsFolder, databaseOwnerUrl }: ConfigOf<typeof installationVariables>): InstallationPlaces {
  const home = resolve(given);
  return { home, secretsFolder: secretsFolder ?? join(home, 'secrets'), databaseOwnerUrl };
}

/** Lets `act` use the database as the account that owns it, whether Inkpost runs or not; an embedded one that doesn't run is started for it alone. Throws the PermanentFailure `installation.none`. */
export async function asDatabaseOwner<T>({ home, secretsFolder, databaseOwnerUrl }: InstallationPlaces, act: (client: Client) => Promise<T>): Promise<T> {
  // First: where there are no secrets, nothing was ever started, and nothing is to be made.
  if (!existsSync(join(secretsFolder, 'owner'))) throw new PermanentFailure('installation.none', `There are no secrets of an installation in ${secretsFolder}: start Inkpost first, or say where its data is by INKPOST_HOME.`);
  const database = databaseOwnerUrl === undefined ? await reachEmbeddedDatabase(home) : { url: await withPassword(databaseOwnerUrl, secretsFolder), stop: async () => undefined };
  try {
    const client = await connect(database.url);
    try {
      return await act(client);
    } finally {
      await client.end();
    }
  } finally {
    await database.stop();
  }
}

/** That which lies among the secrets, where the URL has none. */
async function withPassword(given: string, secretsFolder: string): Promise<string> {
  const parsed = new URL(given);
  if (parsed.password === '') parsed.password = encodeURIComponent((await readFile(join(secretsFolder, 'owner', 'database-password'), 'utf8')).trim());
  return parsed.toString();
}
