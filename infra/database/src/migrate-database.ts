import { existsSync } from 'node:fs';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { FLOW } from '@inkpost/flow/flow.js';
import { applyMigrations } from '@inkpost/postgres/apply-migrations.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { FUNCTION_SCHEMAS, SERVICES, type ServiceName, serviceMigrationsFolder } from './database-layout.js';
import { scramVerifier } from './scram-verifier.js';

export interface MigrateOptions {
  /**
   * The owner's connection, `postgres://user:password@host:port/database`: owns the database and may create roles; it need not
   * be a superuser.
   */
  readonly ownerUrl: string;
  readonly passwords: Readonly<Record<ServiceName, string>>;
}

/** One run at a time in a database; any constant will do. */
const ADVISORY_LOCK = 0x1a9057;
/** For another run's migrations, and for a table that a service uses just now. */
const LOCK_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Roles belong to the whole server: the run for another database may write the same one at the same time. */
const ROLE_TRIES = 5;
/** XX000 tuple concurrently updated, 42710 and 23505 it exists by now (PostgreSQL, Appendix A). */
const ROLE_CONFLICTS = new Set(['XX000', '42710', '23505']);

async function ensureRole(client: Client, role: string, options: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
      await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${escapeIdentifier(role)} ${options}`);
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (tries === ROLE_TRIES || !ROLE_CONFLICTS.has(code)) throw error;
    }
  }
}

async function ensureRoles(client: Client, database: string, passwords: MigrateOptions['passwords']): Promise<void> {
  for (const service of SERVICES) {
    const role = escapeIdentifier(sqlName(service));
    await ensureRole(client, sqlName(service), `LOGIN PASSWORD ${escapeLiteral(scramVerifier(passwords[service]))}`);
    await ensureRole(client, sqlName(service), `SET search_path = ${role}`);
    await client.query(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${role}`);
  }
  for (const { owner } of FUNCTION_SCHEMAS) {
    await ensureRole(client, owner, 'NOLOGIN');
    await client.query(`GRANT ${escapeIdentifier(owner)} TO CURRENT_USER`);
  }
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  await client.query(`REVOKE TEMPORARY, CONNECT ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
}

async function ensureSchemas(client: Client): Promise<void> {
  for (const { schema, owner } of FUNCTION_SCHEMAS) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(schema)} AUTHORIZATION ${escapeIdentifier(owner)}`);
    await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(owner)} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`);
  }
  for (const service of SERVICES) {
    const name = escapeIdentifier(sqlName(service));
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
    await client.query(`GRANT USAGE ON SCHEMA ${name} TO ${name}`);
    // Data, never structure: a service can't change its own tables.
    await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${name}`);
    await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT USAGE ON SEQUENCES TO ${name}`);
  }
}

type Connection = ReturnType<typeof connectionOf>;

async function applyAll(client: Client, connection: Connection): Promise<string[]> {
  const applied: string[] = [];
  for (const { schema, owner, migrationsFolder } of FUNCTION_SCHEMAS) {
    const names = await applyMigrations({ ...connection, schema, role: owner }, migrationsFolder);
    applied.push(...names.map((name) => `${schema}/${name}`));
  }
  for (const service of SERVICES) {
    const schema = sqlName(service);
    const folder = serviceMigrationsFolder(service);
    if (!existsSync(folder)) continue;
    const names = await applyMigrations({ ...connection, schema }, folder);
    applied.push(...names.map((name) => `${service}/${name}`));
    // What was applied is nothing that a service may rewrite.
    await client.query(`REVOKE ALL ON ${escapeIdentifier(schema)}._prisma_migrations FROM ${escapeIdentifier(schema)}`);
  }
  return applied;
}

/** Who may execute what is as the layout says, no more and no less; a service that runs meanwhile sees no gap. */
async function grantFunctions(client: Client): Promise<void> {
  const roles = (services: readonly ServiceName[]) => services.map((service) => escapeIdentifier(sqlName(service))).join(', ');
  for (const { schema, owner, grants } of FUNCTION_SCHEMAS) {
    const name = escapeIdentifier(schema);
    await client.query(`BEGIN; SET LOCAL ROLE ${escapeIdentifier(owner)}`);
    await client.query(`REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${name} FROM ${roles(SERVICES)}; GRANT USAGE ON SCHEMA ${name} TO ${roles(SERVICES)}`);
    for (const [functionName, services] of Object.entries(grants)) {
      await client.query(`GRANT EXECUTE ON FUNCTION ${name}.${escapeIdentifier(functionName)} TO ${roles(services)}`);
    }
    if (schema === 'journey') {
      // flow.step and its kin write the journey of a hop in the same call.
      await client.query('GRANT USAGE ON SCHEMA journey TO flow_owner; GRANT EXECUTE ON FUNCTION journey.append TO flow_owner');
    }
    await client.query('COMMIT');
  }
}

/** The route table in the database is what libs/flow/src/flow.ts says, no more and no less. */
async function writeRoutes(client: Client): Promise<void> {
  const routes = Object.entries(FLOW).flatMap(([subject, { from, to, attemptsMax, backoffSeconds }]) =>
    to.map((consumer) => ({ subject, producer: sqlName(from), consumer: sqlName(consumer), attempts_max: attemptsMax, backoff_s: backoffSeconds })),
  );
  await client.query('BEGIN; SET LOCAL ROLE flow_owner; DELETE FROM flow.route');
  await client.query('INSERT INTO flow.route SELECT * FROM jsonb_populate_recordset(NULL::flow.route, $1)', [JSON.stringify(routes)]);
  await client.query('COMMIT');
}

function connectionOf(ownerUrl: string) {
  const { hostname, port, pathname, username, password } = new URL(ownerUrl);
  return {
    host: hostname, port: Number(port || 5432), database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username), password: decodeURIComponent(password),
  };
}

/**
 * Brings a database to the present: roles, schemas, migrations, rights, routes. Idempotent, and safe beside another run: the
 * second one waits. Gives the names of the migrations applied, `<schema or service>/<migration>`.
 */
export async function migrateDatabase(options: MigrateOptions): Promise<string[]> {
  const connection = connectionOf(options.ownerUrl);
  const client = new Client({ ...connection, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, lock_timeout: LOCK_TIMEOUT_MS, application_name: 'inkpost-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await ensureRoles(client, connection.database, options.passwords);
    await ensureSchemas(client);
    const applied = await applyAll(client, connection);
    await writeRoutes(client);
    // Last: a service that starts meanwhile waits until it may use them.
    await grantFunctions(client);
    return applied;
  } finally {
    // Ends the lock, and what an error left open.
    await client.end();
  }
}
