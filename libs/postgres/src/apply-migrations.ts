import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSchemaEngine, type SchemaTarget } from './schema-engine.js';

async function readMigrations(folder: string) {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: await readFile(join(folder, name, 'migration.sql'), 'utf8') } },
    })),
  );
}

/**
 * Applies what is missing of a folder of Prisma migrations; gives the names of those applied. The same bookkeeping as
 * `prisma migrate deploy`, and safe to run in parallel (the engine takes an advisory lock). Throws the engine's reason when a
 * migration fails, failed before, or is unknown to the folder.
 */
export async function applyMigrations(target: SchemaTarget, folder: string): Promise<string[]> {
  const migrationDirectories = await readMigrations(folder);
  const { engine, close } = await openSchemaEngine(target);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: {
        baseDir: folder,
        lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
        shadowDbInitScript: '',
        migrationDirectories,
      },
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  } finally {
    await close();
  }
}
