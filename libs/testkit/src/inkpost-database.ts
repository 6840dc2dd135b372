import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FUNCTION_SCHEMAS, SERVICES, type ServiceName, serviceMigrationsFolder } from '@inkpost/database/database-layout.js';
import { migrateDatabase } from '@inkpost/database/migrate-database.js';
import { createPool, type Pool, sqlName } from '@inkpost/postgres/pool.js';
import { createTestDatabase, type DatabaseAddress } from './test-database.js';

/** The password of every service's role on the tests' own server. */
const PASSWORD = 'test-service-password';
const passwords = Object.fromEntries(SERVICES.map((service) => [service, PASSWORD])) as Record<ServiceName, string>;

export interface InkpostDatabase {
  /** Without an account, as INKPOST_DATABASE_URL wants it. */
  readonly url: string;
  readonly passwords: Readonly<Record<ServiceName, string>>;
  /** A pool of one service's role; `drop` ends it. */
  pool(service: ServiceName): Pool;
  /** A pool of the superuser: for tests that look behind the functions. */
  superuserPool(): Pool;
  drop(): Promise<void>;
}

function ownerUrl({ user, password, host, port, database }: DatabaseAddress): string {
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

function migrationsFingerprint(): string {
  const hash = createHash('sha256');
  const folders = [...FUNCTION_SCHEMAS.map(({ migrationsFolder }) => migrationsFolder), ...SERVICES.map(serviceMigrationsFolder)];
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (name.endsWith('.sql')) hash.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}

/** A whole Inkpost database, migrated, of the test file's own. */
export async function createInkpostDatabase(): Promise<InkpostDatabase> {
  const database = await createTestDatabase({
    name: 'inkpost',
    fingerprint: migrationsFingerprint(),
    prepare: async (admin) => {
      await migrateDatabase({ ownerUrl: ownerUrl(admin), passwords });
    },
  });
  const pools: Pool[] = [];
  const open = (user: string, password: string) => {
    const pool = createPool({ url: `postgres://${database.host}:${database.port}/${database.database}`, user, password });
    pools.push(pool);
    return pool;
  };
  return {
    url: `postgres://${database.host}:${database.port}/${database.database}`,
    passwords,
    pool: (service) => open(sqlName(service), PASSWORD),
    superuserPool: () => open(database.user, database.password),
    drop: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await database.drop();
    },
  };
}
