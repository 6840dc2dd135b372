import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '@inkpost/local/server-process.js';
import { freePort } from './free-port.js';
import { haltProcess } from './halt-process.js';
import { findServer } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';
import { makeTestCertificate } from './test-certificate.js';

const PACKAGES = ['mariadb-server-core'];
/** Where Debian puts the tables that a new server begins with. */
const SYSTEM_TABLES = '/usr/share/mysql';

export interface MariadbOptions {
  /** Statements that fill it, each on a line of its own, run as its administrator. */
  readonly statements: readonly string[];
  /** More of the server's own arguments. */
  readonly settings?: readonly string[];
}

/** A real MariaDB on 127.0.0.1, with TLS. */
export interface MariadbServer {
  readonly port: number;
  /** The authority's certificate (PEM); the server's is for `localhost`. */
  readonly ca: string;
  /** Takes connections and never answers, until `resume`. */
  hang(): void;
  resume(): void;
  stop(): Promise<void>;
  /** On the same port, with the same tables. */
  start(): Promise<void>;
  /** Stops it and removes its tables: let `beforeAll` return it. */
  remove(): Promise<void>;
}

/** Starts a MariaDB with these tables, in about 1.5 s. @throws ServerMissing when it is not installed. */
export async function startMariadb({ statements, settings = [] }: MariadbOptions): Promise<MariadbServer> {
  const program = findServer('mariadbd', PACKAGES);
  const [scratch, port, { ca, certificate, key }] = [await temporaryFolder('mariadb'), await freePort(), await makeTestCertificate()];
  const file = (name: string): string => join(scratch.path, name);
  const general = ['--no-defaults', `--datadir=${file('data')}`, '--innodb-log-file-size=4M', '--innodb-buffer-pool-size=16M', '--skip-log-bin', ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
  const network = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${file('socket')}`, `--pid-file=${file('pid')}`, `--ssl-cert=${file('certificate.pem')}`, `--ssl-key=${file('key.pem')}`, `--ssl-ca=${file('ca.pem')}`];
  const run = (args: readonly string[], readyLine: RegExp, input = ''): Promise<ServerProcess> => startServerProcess({
    name: 'MariaDB', file: program, args: [...general, ...args], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/', input, readyLine, readyWithinMs: 30_000, stopSignal: 'SIGTERM',
  });
  const start = (more: readonly string[] = []): Promise<ServerProcess> => run([...network, ...settings, ...more], /ready for connections/);
  let server: ServerProcess;
  try {
    await mkdir(file('data'));
    for (const [name, text] of Object.entries({ 'certificate.pem': certificate, 'key.pem': key, 'ca.pem': ca, 'fill.sql': `${statements.join('\n')}\n` })) await writeFile(file(name), text);
    // It says this last, when all that it was told is done.
    const made = await run(['--bootstrap'], /Plugin 'FEEDBACK' is disabled/, await systemTables());
    await made.exited;
    server = await start([`--init-file=${file('fill.sql')}`]);
  } catch (error) {
    await scratch.remove();
    throw error;
  }
  return {
    port, ca,
    hang: () => haltProcess(server.pid),
    resume: () => void process.kill(server.pid, 'SIGCONT'),
    stop: () => server.stop(),
    start: async () => {
      server = await start();
    },
    remove: async () => {
      await server.stop();
      await scratch.remove();
    },
  };
}

/** What `mariadb-install-db` does, which needs packages that start a server of their own. */
async function systemTables(): Promise<string> {
  const files = await Promise.all(['mysql_system_tables.sql', 'mysql_system_tables_data.sql'].map((name) => readFile(join(SYSTEM_TABLES, name), 'utf8')));
  return ['CREATE DATABASE mysql;', 'USE mysql;', ...files].join('\n');
}
