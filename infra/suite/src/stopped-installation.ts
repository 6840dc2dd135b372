import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Environment, readConfigs } from '@inkpost/config/config.js';
import { optionalText, text, url } from '@inkpost/config/variables.js';
import { singleify } from '@inkpost/domain-sync/domain/singleify.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { connect, reachEmbeddedDatabase } from './reach-database.js';
import { ownerUrl } from './replace-master-key/reach-installation.js';
import { SUITE } from './services.js';

const installationConfig = {
  home: text('INKPOST_HOME', 'Folder of all data, as for npm start.', join(projectFolder, '.inkpost')),
  databaseOwnerUrl: url('INKPOST_DATABASE_OWNER_URL', 'The database with the account that owns it; without it the embedded one of INKPOST_HOME is used.', ['postgres', 'postgresql'], undefined),
  secretsFolder: optionalText('INKPOST_SECRETS_FOLDER', 'Folder of secrets; by default that of INKPOST_HOME.'),
};

export interface StoppedInstallation {
  /** single, master or slave. */
  readonly role: string;
  /** Takes this server out of its domain, in its own database alone. */
  readonly singleify: () => Promise<void>;
}

export interface StoppedInstallationUse<T> {
  /** Told once it is known whether the service runs. */
  readonly found: (status: 'Running' | 'Stopped') => void;
  readonly act: (installation: StoppedInstallation) => Promise<T>;
}

// Every service keeps a connection while it runs; the owner sees who is connected, not what they do.
const CONNECTED = `SELECT count(*)::int AS connections FROM pg_stat_activity WHERE datname = current_database() AND usename = ANY($1) AND pid <> pg_backend_pid()`;

/** Lets `act` change the installation that the environment names, while nothing of it runs; an embedded database is started for it alone. Throws the PermanentFailures `installation.none` and `installation.running`. */
export async function withStoppedInstallation<T>(environment: Environment, { found, act }: StoppedInstallationUse<T>): Promise<T> {
  const [config] = readConfigs([installationConfig, ...SUITE.map((service) => service.config)], environment);
  const home = resolve(config.home);
  const secretsFolder = config.secretsFolder ?? join(home, 'secrets');
  if (!existsSync(join(secretsFolder, 'owner'))) throw new PermanentFailure('installation.none', `There is no installation in ${home}: say where its data is by INKPOST_HOME.`);
  const database = config.databaseOwnerUrl === undefined ? await reachEmbeddedDatabase(home) : { url: await ownerUrl(config.databaseOwnerUrl, secretsFolder), stop: async () => undefined };
  try {
    const client = await connect(database.url);
    try {
      const { rows } = await client.query<{ connections: number }>(CONNECTED, [SUITE.map(({ name }) => name.replaceAll('-', '_'))]);
      const isRunning = (rows[0]?.connections ?? 0) > 0;
      found(isRunning ? 'Running' : 'Stopped');
      if (isRunning) throw new PermanentFailure('installation.running', 'Inkpost is running: stop it first (Ctrl-C at npm start, or docker compose stop), so that nothing goes on with what it knew.');
      await client.query('SET search_path TO domain_sync');
      const { rows: [domain] } = await client.query<{ role: string }>('SELECT role FROM domain');
      return await act({ role: domain?.role ?? 'single', singleify: async () => void (await singleify(client)) });
    } finally {
      await client.end();
    }
  } finally {
    await database.stop();
  }
}
