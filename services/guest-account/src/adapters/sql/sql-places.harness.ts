import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { haltProcess } from '@inkpost/testkit/halt-process.js';
import { startMariadb } from '@inkpost/testkit/mariadb-server.js';
import { startOwnPostgres } from '@inkpost/testkit/own-servers.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { makeTestCertificate } from '@inkpost/testkit/test-certificate.js';
import type { SqlSettings } from '../../directories/sql-settings.js';
import { SqlDirectory } from './sql-directory.adapter.js';

/** A badge base on a real server, with an account `reader` that may read it, and may run a function that writes. */
export interface BadgeBase {
  readonly engine: SqlSettings['engine'];
  readonly port: number;
  /** PEM; the certificate is for `localhost`. */
  readonly ca: string;
  hang(): void;
  resume(): void;
  /** Stops the server and starts it on the same port. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export const READER_PASSWORD = 'reads-badges';
const NOBODY = 65_534;

const TABLES = [
  'CREATE TABLE badge (id integer PRIMARY KEY, login varchar(100), full_name varchar(100), mail varchar(200), other_mails varchar(400), lang varchar(20), blocked BOOLEAN NOT NULL);',
  'CREATE TABLE badge_group (badge_id integer NOT NULL, name varchar(100) NOT NULL);',
  'CREATE TABLE hidden (id integer);',
  'CREATE TABLE noted (mail varchar(200));',
];
const ROWS = [
  `INSERT INTO badge VALUES
    (1, 'ada', 'Ada Lovelace', 'Ada@Corp.example', 'smtp:lovelace@corp.example; SMTP:countess@corp.example', 'fr-CA', false), (2, 'ohara', 'Scarlett O''Hara', 'o''hara@corp.example', NULL, NULL, false),
    (3, 'zoe', 'Zoë', 'zoë@büro.example', NULL, 'en', false), (4, 'gone', 'Gone', 'gone@corp.example', NULL, NULL, true), (5, 'twin1', 'Twin', 'twin@corp.example', NULL, NULL, false),
    (6, 'twin2', 'Twin', NULL, 'x@corp.example|TWIN@corp.example', NULL, false), (7, 'longer', 'Longer', 'notada@corp.example', NULL, NULL, false);`,
  `INSERT INTO badge_group VALUES (1, 'Staff'), (1, 'Print users'), (2, 'Staff; Atlanta');`,
];

/** Joins the groups, so that a person may have several rows; finds more than the address, too. */
const QUERY = `SELECT b.id, b.login, b.full_name, b.mail, b.other_mails, b.lang, b.blocked, g.name AS team
  FROM badge b LEFT JOIN badge_group g ON g.badge_id = b.id
  WHERE lower(b.mail) = :address OR lower(b.mail) LIKE concat('%', :address) OR lower(b.other_mails) LIKE concat('%', :address, '%')`;

export async function startPostgresBase(): Promise<BadgeBase> {
  const [server, folder, { ca, certificate, key }] = [await startOwnPostgres({ durable: false }), await temporaryFolder('badges'), await makeTestCertificate()];
  const tls = join(folder.path, 'tls');
  await mkdir(tls, { mode: 0o755 });
  await writeFile(join(tls, 'certificate.pem'), certificate);
  await writeFile(join(tls, 'key.pem'), key, { mode: 0o600 });
  if (process.getuid?.() === 0) await chown(join(tls, 'key.pem'), NOBODY, NOBODY);
  const run = async (url: string, ...statements: string[]): Promise<void> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const { superuserUrl } = server.current;
  await run(superuserUrl, `ALTER SYSTEM SET ssl_cert_file = '${join(tls, 'certificate.pem')}'`, `ALTER SYSTEM SET ssl_key_file = '${join(tls, 'key.pem')}'`, 'ALTER SYSTEM SET ssl = on', 'CREATE DATABASE badges');
  await server.restart();
  await run(
    superuserUrl.replace(/postgres$/, 'badges'), ...TABLES, ...ROWS, `CREATE FUNCTION note_it(text) RETURNS integer LANGUAGE sql AS 'INSERT INTO noted VALUES ($1) RETURNING 1'`,
    `CREATE ROLE reader LOGIN PASSWORD '${READER_PASSWORD}'`, 'GRANT SELECT ON badge, badge_group, noted TO reader', 'GRANT INSERT ON noted TO reader',
  );
  return {
    engine: 'postgres', ca, port: server.current.port,
    hang: () => haltProcess(server.current.pid),
    resume: () => void process.kill(server.current.pid, 'SIGCONT'),
    restart: async () => void (await server.restart()),
    remove: async () => {
      await server.remove();
      await folder.remove();
    },
  };
}

export async function startMariadbBase(): Promise<BadgeBase> {
  const server = await startMariadb({
    statements: [
      'SET NAMES utf8mb4;', 'CREATE DATABASE badges CHARACTER SET utf8mb4;', 'USE badges;', ...TABLES, ...ROWS.map((row) => row.replaceAll(/\s*\n\s*/g, ' ')),
      'CREATE FUNCTION note_it(mail TEXT) RETURNS INTEGER MODIFIES SQL DATA BEGIN INSERT INTO noted VALUES (mail); RETURN 1; END;',
      `CREATE USER reader@'%' IDENTIFIED BY '${READER_PASSWORD}';`, ...['badge', 'badge_group', 'noted'].map((table) => `GRANT SELECT ON badges.${table} TO reader@'%';`),
      'GRANT INSERT ON badges.noted TO reader@\'%\';', 'GRANT EXECUTE ON badges.* TO reader@\'%\';',
    ],
  });
  return {
    engine: 'mysql', ca: server.ca, port: server.port, hang: () => server.hang(), resume: () => server.resume(),
    restart: async () => {
      await server.stop();
      await server.start();
    },
    remove: () => server.remove(),
  };
}

export function settingsFor({ engine, port, ca }: BadgeBase, more: Partial<SqlSettings> = {}): SqlSettings {
  return {
    engine, host: 'localhost', port, tls: 'required', certificateAuthority: ca, database: 'badges', user: 'reader', addressQuery: QUERY, loginQuery: QUERY.replace(/WHERE[^]*$/, 'WHERE lower(b.login) = lower(:login)'),
    identityColumn: 'id', loginColumn: 'login', nameColumn: 'full_name', addressColumns: ['mail', 'other_mails'], languageColumn: 'lang', groupColumn: 'team', lockedColumn: 'blocked',
    timeoutMs: 3_000, cacheSeconds: 300, missCacheSeconds: 60, ...more,
  };
}

export function directoryOn(base: BadgeBase, more: Partial<SqlSettings> = {}, password = READER_PASSWORD): SqlDirectory {
  return new SqlDirectory({ directoryId: 'directory', settings: settingsFor(base, more), password: () => password, rules: { linkLocalAllowed: false } });
}
