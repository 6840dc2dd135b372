import { type Environment, readConfigs } from '@inkpost/config/config.js';
import { singleify } from '@inkpost/domain-sync/domain/singleify.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { asDatabaseOwner, installationVariables, placesOf } from './installation-places.js';
import { SUITE } from './services.js';

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
  const [config] = readConfigs([installationVariables, ...SUITE.map((service) => service.config)], environment);
  return asDatabaseOwner(placesOf(config), async (client) => {
    const { rows } = await client.query<{ connections: number }>(CONNECTED, [SUITE.map(({ name }) => name.replaceAll('-', '_'))]);
    const isRunning = (rows[0]?.connections ?? 0) > 0;
    found(isRunning ? 'Running' : 'Stopped');
    if (isRunning) throw new PermanentFailure('installation.running', 'Inkpost is running: stop it first (Ctrl-C at npm start, or docker compose stop), so that nothing goes on with what it knew.');
    await client.query('SET search_path TO domain_sync');
    const { rows: [domain] } = await client.query<{ role: string }>('SELECT role FROM domain');
    return act({ role: domain?.role ?? 'single', singleify: async () => void (await singleify(client)) });
  });
}
