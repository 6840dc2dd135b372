#!/usr/bin/env -S node --conditions=inkpost-source
// Stands in for Prisma's native schema engine, which the `prisma` command would have to download: the same arguments, and the
// same JSON-RPC over stdin and stdout, answered by the WebAssembly build of that engine. PRISMA_SCHEMA_ENGINE_BINARY names this file.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Client, escapeIdentifier } from 'pg';
import { openSchemaEngine, schemaEngineVersion } from '@inkpost/postgres/schema-engine.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { version: { type: 'boolean' }, datasource: { type: 'string' }, datamodels: { type: 'string', multiple: true } },
});

/** The database in parts: given a whole URL, `pg` would ignore the name of the shadow database. */
function target() {
  const { url } = JSON.parse(options.datasource ?? '{}');
  if (!url) throw new Error('No database is given: datasource.url of developer-prisma.config.ts is empty.');
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  return {
    host: hostname, port: Number(port || 5432), database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username), password: decodeURIComponent(password), schema: searchParams.get('schema') ?? 'public',
  };
}

async function runOn(database, sql) {
  const { host, port, user, password } = target();
  const client = new Client({ host, port, user, password, database });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** SQLSTATE -> Prisma's error code. */
const PRISMA_CODES = { '3D000': 'P1003', '42P04': 'P1009', '28P01': 'P1000' };
const DATABASE_UNREACHABLE = 'P1001';

/** `schema-engine cli <command>`: exit code 0, or 1 with one line of JSON on stderr after a first line that `prisma` skips. */
async function runCommand(command) {
  const { database } = target();
  try {
    if (command === 'can-connect-to-database') await runOn(database, 'SELECT 1');
    else if (command === 'create-database') await runOn('postgres', `CREATE DATABASE ${escapeIdentifier(database)}`);
    else if (command === 'drop-database') await runOn('postgres', `DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
    else throw new Error(`There is no command "${command}".`);
  } catch (error) {
    const fields = { message: error.message || String(error.code), error_code: PRISMA_CODES[error.code] ?? DATABASE_UNREACHABLE };
    process.stderr.write(`\n${JSON.stringify({ timestamp: new Date().toISOString(), level: 'ERROR', fields, target: 'schema_engine::logger' })}`);
    process.exitCode = 1;
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** The WebAssembly build differs from the native one where a result is printed or named. */
const ADAPTED = {
  getDatabaseVersion: (engine) => engine.version(),
  diff: async (engine, parameters) => {
    const { stdout, exitCode } = await engine.diff(parameters);
    if (stdout) send({ id: 'print', method: 'print', params: { content: stdout } });
    return { exitCode, stdout: null };
  },
  // Its own createMigration connects the shadow database twice; the difference is the same.
  createMigration: async (engine, { migrationsList, schema, filters, migrationName, draft }) => {
    const from = migrationsList.migrationDirectories.length > 0 ? { tag: 'migrations', ...migrationsList } : { tag: 'empty' };
    const { exitCode, stdout } = await engine.diff({ from, to: { tag: 'schemaDatamodel', ...schema }, script: true, exitCode: true, filters });
    const time = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
    return {
      connectorType: 'postgresql', extension: 'sql', generatedMigrationName: `${time}_${migrationName.replaceAll(/\W+/g, '_').toLowerCase()}`,
      migrationScript: exitCode === 0 && !draft ? null : stdout,
    };
  },
};

async function answer(engine, { id, method, params }) {
  try {
    const result = method in ADAPTED ? await ADAPTED[method](engine, params) : await engine[method](params);
    send({ id, result: result ?? {} });
  } catch (error) {
    const panic = globalThis.PRISMA_WASM_PANIC_REGISTRY.get();
    const message = panic || (error?.message ?? String(error));
    const data = { is_panic: panic !== '', message, meta: { full_error: message }, error_code: error?.code };
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
  }
}

/** Answers requests, one a line, until stdin ends. */
async function serve() {
  const datamodels = options.datamodels?.map((path) => [path, readFileSync(path, 'utf8')]);
  let open;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = line.trim() === '' ? {} : JSON.parse(line);
    // What has no method is the answer to a `print` of ours.
    if (!request.method) continue;
    open ??= await openSchemaEngine(target(), { datamodels });
    await answer(open.engine, request);
  }
  await open?.close();
}

if (options.version) process.stdout.write(`schema-engine-cli ${await schemaEngineVersion()}\n`);
else if (positionals[0] === 'cli') await runCommand(positionals[1]);
else await serve();
