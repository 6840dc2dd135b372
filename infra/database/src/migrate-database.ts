import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { FLOW } from '@inkpost/flow/flow.js';
import { applyMigrations } from '@inkpost/postgres/apply-migrations.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { FUNCTION_SCHEMAS, SERVICES, type ServiceName, serviceMigrationsFolder } from './database-layout.js';

export interface MigrateOptions {
  /** The owner's connection: may create roles and schemas in the database, `postgres://user:password@host:port/database`. */
  readonly ownerUrl: string;
  readonly passwords: Readonly<Record<ServiceName, string>>;
}

/** Two servers that start together must not create the same role twice; any constant will do. */
const ADVISORY_LOCK = 0x1a9057;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

async function ensureRole(client: Client, role: string, options: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${quoted(role)} ${options}`);
}

async function ensureRoles(client: Client, database: string, passwords: MigrateOptions['passwords']): Promise<void> {
  for (const service of SERVICES) {
    await ensureRole(client, sqlName(service), `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${literal(passwords[service])}`);
    await client.query(`ALTER ROLE ${quoted(sqlName(service))} SET search_path = ${quoted(sqlName(service))}`);
    await client.query(`GRANT CONNECT ON DATABASE ${quoted(database)} TO ${quoted(sqlName(service))}`);
  }
  for (const { owner } of FUNCTION_SCHEMAS) {
    await ensureRole(client, owner, 'NOLOGIN');
    await client.query(`GRANT ${quoted(owner)} TO CURRENT_USER`);
  }
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  await client.query(`REVOKE TEMPORARY, CONNECT ON DATABASE ${quoted(database)} FROM PUBLIC`);
}

async function ensureSchemas(client: Client): Promise<void> {
  for (const { schema, owner } of FUNCTION_SCHEMAS) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)} AUTHORIZATION ${quoted(owner)}`);
    await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${quoted(owner)} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`);
  }
  for (const service of SERVICES) {
    const name = quoted(sqlName(service));
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
    await client.query(`GRANT USAGE ON SCHEMA ${name} TO ${name}`);
    // Data, never structure: a service can't change its own tables.
    await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${name}`);
    await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT USAGE ON SEQUENCES TO ${name}`);
  }
}

async function grantFunctions(client: Client): Promise<void> {
  for (const { schema, owner, grants } of FUNCTION_SCHEMAS) {
    await client.query(`SET ROLE ${quoted(owner)}`);
    for (const [name, services] of Object.entries(grants)) {
      const roles = services.map((service) => quoted(sqlName(service))).join(', ');
      await client.query(`GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${roles}`);
      await client.query(`GRANT EXECUTE ON FUNCTION ${quoted(schema)}.${quoted(name)} TO ${roles}`);
    }
    if (schema === 'journey') {
      // flow.step and its kin write the journey of a hop in the same call.
      await client.query('GRANT USAGE ON SCHEMA journey TO flow_owner; GRANT EXECUTE ON FUNCTION journey.append TO flow_owner');
    }
    await client.query('RESET ROLE');
  }
}

/** The route table in the database is what libs/flow/src/flow.ts says, no more and no less. */
async function writeRoutes(client: Client): Promise<void> {
  const routes = Object.entries(FLOW).flatMap(([subject, { from, to, attemptsMax, backoffSeconds }]) =>
    to.map((consumer) => ({ subject, producer: sqlName(from), consumer: sqlName(consumer), attempts_max: attemptsMax, backoff_s: backoffSeconds })),
  );
  await client.query('SET ROLE flow_owner');
  await client.query('BEGIN; DELETE FROM flow.route');
  await client.query('INSERT INTO flow.route SELECT * FROM jsonb_populate_recordset(NULL::flow.route, $1)', [JSON.stringify(routes)]);
  await client.query('COMMIT; RESET ROLE');
}

/**
 * Brings a database to the present: roles, schemas, migrations, rights, routes. Idempotent, and safe beside another run.
 * Gives the names of the migrations applied.
 */
export async function migrateDatabase(options: MigrateOptions): Promise<string[]> {
  const url = new URL(options.ownerUrl);
  const connection = {
    host: url.hostname, port: Number(url.port || 5432), database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username), password: decodeURIComponent(url.password),
  };
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await ensureRoles(client, connection.database, options.passwords);
    await ensureSchemas(client);
    const applied: string[] = [];
    for (const { schema, owner, migrationsFolder } of FUNCTION_SCHEMAS) {
      // Rights between function schemas must stand before the next one's functions are made.
      const names = await applyMigrations({ ...connection, schema, role: owner }, migrationsFolder);
      applied.push(...names.map((name) => `${schema}/${name}`));
    }
    for (const service of SERVICES) {
      const folder = serviceMigrationsFolder(service);
      if (!existsSync(folder)) continue;
      const names = await applyMigrations({ ...connection, schema: sqlName(service) }, folder);
      applied.push(...names.map((name) => `${service}/${name}`));
    }
    await grantFunctions(client);
    await writeRoutes(client);
    return applied;
  } finally {
    await client.end();
  }
}
