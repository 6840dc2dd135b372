import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Client, escapeIdentifier, Pool, type QueryArrayResult } from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum, type SqlDriverAdapter, type SqlMigrationAwareDriverAdapterFactory, type SqlQuery } from '@prisma/driver-adapter-utils';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';

// infra/database/schema-engine.mjs runs this file as it stands, before anything is built: it imports no other file of ours
// and holds only TypeScript that Node can strip.

/** A schema of a database, and who works on it. */
export interface SchemaTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Where the objects and Prisma's `_prisma_migrations` table are. */
  readonly schema: string;
  /** The role that each connection takes on, and that will own what is made; absent: the user itself. */
  readonly role?: string;
}

export interface SchemaEngineOptions {
  /** Name and text of the Prisma schema files in question. */
  readonly datamodels?: [path: string, content: string][] | undefined;
  /** Scripts that are recorded as finished in the transaction that they run in, so that no crash falls between the two. */
  readonly migrationScripts?: ReadonlySet<string>;
}

// Node has WebAssembly; its types come only with the DOM's.
declare const WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }> };

const require = createRequire(import.meta.url);
const NO_DATAMODELS: [string, string][] = [['schema.prisma', 'datasource db {\n provider = "postgresql"\n}']];

let ready: Promise<void> | undefined;

async function load(): Promise<void> {
  // The engine writes the reason of a panic here.
  const registry = { message: '', get: () => registry.message, set_message: (text: string) => { registry.message = text; } };
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: registry });
  const bytes = await readFile(join(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'), '..', 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': engineModule });
  engineModule.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
}

/** The commit that the engine was built from. */
export async function schemaEngineVersion(): Promise<string> {
  await (ready ??= load());
  return engineModule.version();
}

/** An engine on one database, and the end of its connections. */
export interface OpenSchemaEngine {
  readonly engine: engineModule.SchemaEngine;
  readonly close: () => Promise<void>;
}

/** Prisma's schema engine as WebAssembly on `pg`: no download, no native binary. Connects at once. */
export async function openSchemaEngine(target: SchemaTarget, options: SchemaEngineOptions = {}): Promise<OpenSchemaEngine> {
  const { datamodels = NO_DATAMODELS, migrationScripts = new Set() } = options;
  await (ready ??= load());
  const pool = openPool(target);
  const factory = adapterFactory(target, pool, migrationScripts);
  try {
    const engine = await engineModule.SchemaEngine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(factory));
    return {
      engine,
      close: async () => {
        engine.free();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** One connection only: the engine's advisory lock belongs to a session, and everything under it must run in that session. */
function openPool({ host, port, database, user, password, schema, role }: SchemaTarget): Pool {
  const options = `-c search_path=${schema}${role === undefined ? '' : ` -c role=${role}`}`;
  return new Pool({ host, port, database, user, password, max: 1, options, connectionTimeoutMillis: 10_000, application_name: 'inkpost-migrate' });
}

function adapterFactory(target: SchemaTarget, pool: Pool, migrationScripts: ReadonlySet<string>): SqlMigrationAwareDriverAdapterFactory {
  const { provider, adapterName } = new PrismaPg(pool);
  return { provider, adapterName, connect: () => adapterOn(pool, target.schema, migrationScripts), connectToShadowDb: () => connectToShadow(target) };
}

async function adapterOn(pool: Pool, schema: string, migrationScripts: ReadonlySet<string> = new Set()): Promise<SqlDriverAdapter> {
  const adapter: SqlDriverAdapter = await new PrismaPg(pool, { schema }).connect();
  return Object.assign(readingCharColumns(adapter), { executeScript: wholeScripts(adapter, pool, migrationScripts) });
}

/** A database of its own, in which the engine replays migrations to see what they amount to; gone when the engine is done with it. */
async function connectToShadow(target: SchemaTarget): Promise<SqlDriverAdapter> {
  const database = `prisma_shadow_${randomUUID().replaceAll('-', '')}`;
  const owner: SchemaTarget = { host: target.host, port: target.port, database: target.database, user: target.user, password: target.password, schema: target.schema };
  await runAlone(owner, `CREATE DATABASE ${escapeIdentifier(database)} TEMPLATE template0`);
  await runAlone({ ...owner, database }, `CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(target.schema)}`);
  const pool = openPool({ ...owner, database });
  const dispose = async () => {
    // A database with a connection can't be dropped.
    await pool.end();
    await runAlone(owner, `DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
  };
  return Object.assign(await adapterOn(pool, target.schema), { dispose });
}

async function runAlone({ host, port, database, user, password }: SchemaTarget, sql: string): Promise<void> {
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** What Prisma's adapter keeps to itself. */
interface AdapterInternals {
  performIO(query: SqlQuery): Promise<QueryArrayResult>;
  onError(error: unknown): never;
}

/** The engine writes the row of a migration before its script and finishes it afterwards; it never has two under way. */
const FINISH_MIGRATION = 'UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL';

/** Prisma's adapter cuts a script at every semicolon, also inside a function's body: ours sends it whole, as one transaction. */
function wholeScripts(adapter: SqlDriverAdapter, pool: Pool, migrationScripts: ReadonlySet<string>): SqlDriverAdapter['executeScript'] {
  const internals = adapter as unknown as AdapterInternals;
  return async (script) => {
    const sql = migrationScripts.has(script) ? `${script}\n;${FINISH_MIGRATION}` : script;
    await pool.query(sql).catch((error: unknown) => internals.onError(error));
  };
}

const CHAR_OID = 18;
const TEXT_OID = 25;

/**
 * Prisma's adapter refuses Postgres's "char", the type of several catalogue columns that the engine reads: it is shown to the
 * adapter as text, and to the engine as the character that it expects.
 */
function readingCharColumns(adapter: SqlDriverAdapter): SqlDriverAdapter {
  const internals = adapter as unknown as AdapterInternals;
  const queryRaw = Object.getPrototypeOf(adapter).queryRaw as SqlDriverAdapter['queryRaw'];
  return Object.assign(adapter, {
    queryRaw: async (query: SqlQuery) => {
      const chars: number[] = [];
      const seen = Object.create(adapter, {
        performIO: {
          value: async (sent: SqlQuery) => {
            const result = await internals.performIO(sent);
            const fields = result.fields.map((field, index) => (field.dataTypeID === CHAR_OID ? (chars.push(index), { ...field, dataTypeID: TEXT_OID }) : field));
            return { ...result, fields };
          },
        },
      }) as SqlDriverAdapter;
      const result = await queryRaw.call(seen, query);
      for (const index of chars) result.columnTypes[index] = ColumnTypeEnum.Character;
      return result;
    },
  });
}
