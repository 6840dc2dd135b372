import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSchemaEngine, type SchemaTarget } from './schema-engine.js';

interface Migration {
  readonly name: string;
  readonly script: string;
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return Promise.all(names.map(async (name) => ({ name, script: await readFile(join(folder, name, 'migration.sql'), 'utf8') })));
}

/** As the engine wants it from who read the folder. */
function migrationList(folder: string, migrations: readonly Migration[]) {
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({ path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: script } } })),
  };
}

const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies what is missing of a folder of Prisma migrations, with the bookkeeping of `prisma migrate deploy`; gives the names of
 * those applied. A migration is one transaction: one that failed, or whose process was killed, left nothing behind and is tried
 * again. The caller keeps other runs on the same schema away meanwhile. Throws the engine's reason.
 */
export async function applyMigrations(target: SchemaTarget, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const migrationsList = migrationList(folder, migrations);
  const { engine, close } = await openSchemaEngine(target, { migrationScripts: new Set(migrations.map(({ script }) => script)) });
  try {
    const { failedMigrationNames } = await engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters });
    for (const migrationName of failedMigrationNames) await engine.markMigrationRolledBack({ migrationName });
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
    return appliedMigrationNames;
  } finally {
    await close();
  }
}
