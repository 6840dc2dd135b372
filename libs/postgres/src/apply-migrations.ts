import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Pool } from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';

export interface MigrationTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Where the objects and Prisma's `_prisma_migrations` table go. */
  readonly schema: string;
  /** SQL that each connection starts with, for example `-c role=flow_owner`. */
  readonly connectionOptions: string;
}

// Node has WebAssembly; its types come only with the DOM's.
declare const WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }> };

const require = createRequire(import.meta.url);
let engineReady: Promise<void> | undefined;

/** Prisma's schema engine as WebAssembly: no download, no native binary, the same bookkeeping as `prisma migrate deploy`. */
function loadEngine(): Promise<void> {
  engineReady ??= (async () => {
    // A panic of the engine is reported through this registry.
    const registry = { message: '', get: () => registry.message, set_message: (text: string) => { registry.message = text; } };
    Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: registry });
    const bytes = await readFile(join(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'), '..', 'schema_engine_bg.wasm'));
    const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': engineModule });
    engineModule.__wbg_set_wasm(instance.exports);
    (instance.exports.__wbindgen_start as () => void)();
  })();
  return engineReady;
}

async function readMigrations(folder: string) {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: await readFile(join(folder, name, 'migration.sql'), 'utf8') } },
    })),
  );
}

/** Prisma's adapter cuts a script at every semicolon, also inside a function's body: ours sends it whole, as one transaction. */
function wholeScripts(pool: Pool, schema: string): PrismaPg {
  const factory = new PrismaPg(pool, { schema });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    adapter.executeScript = async (script) => {
      await pool.query(script);
    };
    return adapter;
  };
  return factory;
}

/**
 * Applies what is missing of a folder of Prisma migrations; gives the names of those applied. Safe to run in parallel
 * (the engine takes an advisory lock). A changed or failed migration is refused by the engine with its reason.
 */
export async function applyMigrations(target: MigrationTarget, folder: string): Promise<string[]> {
  await loadEngine();
  const pool = new Pool({
    host: target.host, port: target.port, database: target.database, user: target.user, password: target.password, max: 1,
    options: `${target.connectionOptions} -c search_path=${target.schema}`,
  });
  const factory = wholeScripts(pool, target.schema);
  const engine = await engineModule.SchemaEngine.new({ datamodels: [['schema.prisma', 'datasource db {\n provider = "postgresql"\n}']] }, () => undefined, bindMigrationAwareSqlAdapterFactory(factory));
  try {
    const result = await engine.applyMigrations({
      migrationsList: {
        baseDir: folder,
        lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
        shadowDbInitScript: '',
        migrationDirectories: await readMigrations(folder),
      },
      filters: { externalTables: [], externalEnums: [] },
    });
    return result.appliedMigrationNames;
  } finally {
    engine.free();
    await pool.end();
  }
}
