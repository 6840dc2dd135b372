import { execFile } from 'node:child_process';
import { access, chmod, chown, mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { generatedPassword } from './generated-password.js';
import { findPostgresBinaries } from './postgres-binaries.js';
import { releaseCluster, waitUntilUnused } from './postgres-cluster-lock.js';
import { isReachable, standInFor } from './reachable-folder.js';
import { startServerProcess } from './server-process.js';

const run = promisify(execFile);

export interface PostgresOptions {
  /** Made if absent and used again if not. As root it may end up below /var/lib/inkpost: see `EmbeddedPostgres.dataFolder`. */
  readonly dataFolder: string;
  readonly port: number;
  /** False: no fsync at all. For tests only; a power cut would lose the database. Default true. */
  readonly durable?: boolean;
  /** Takes the server's log lines. */
  readonly onLog?: (line: string) => void;
  /** Takes the one line about a folder that was chosen in place of the one asked for. */
  readonly onNotice?: (line: string) => void;
}

/** A running PostgreSQL 17 on 127.0.0.1 with password authentication (scram-sha-256). */
export interface EmbeddedPostgres {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly superuser: { readonly user: 'postgres'; readonly password: string };
  /** `postgres://postgres:<password>@127.0.0.1:<port>/postgres`: holds the password, never log it. */
  readonly superuserUrl: string;
  /** The same server through its socket: a round trip costs half of that by TCP, on both ends. By TCP where the folder's path is too long for a socket. */
  readonly socketUrl: string;
  /** Where the data really is. */
  readonly dataFolder: string;
  readonly pid: number;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
  /** As a crash: -9, and waits until no server process uses the data any more. */
  kill(): Promise<void>;
}

/** PostgreSQL refuses to run as root: then it runs as `nobody`, which needs no change to the system. */
const nobody = { uid: 65534, gid: 65534 };

/**
 * Starts PostgreSQL from its npm package; makes the cluster at the first start (about 1 s), recovers it after a crash.
 * @throws PermanentFailure `local.postgres-in-use` when a server already runs on this folder, `local.server-start-failed`
 *   (with the server's own words) when for example the port is taken, `local.postgres-missing` on a platform without package.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const account = process.getuid?.() === 0 ? nobody : undefined;
  const binaries = await findPostgresBinaries(account !== undefined);
  const dataFolder = await chooseDataFolder(options.dataFolder, account !== undefined);
  if (dataFolder !== resolve(options.dataFolder) || binaries.copied) {
    const where = dataFolder === resolve(options.dataFolder) ? binaries.folder : dataFolder;
    options.onNotice?.(`PostgreSQL may not run as root, and "nobody" cannot enter ${options.dataFolder}: it uses ${where}`);
  }
  await mkdir(dataFolder, { recursive: true, mode: 0o755 });
  await chmod(dataFolder, 0o700);
  if (account) await chown(dataFolder, account.uid, account.gid);
  const passwordFile = join(dataFolder, 'superuser-password');
  const password = await generatedPassword(passwordFile);
  if (account) await chown(passwordFile, account.uid, account.gid);

  const cluster = join(dataFolder, 'cluster');
  const durable = options.durable ?? true;
  await releaseCluster(cluster);
  await makeCluster({ binaries: binaries.folder, cluster, passwordFile, account, durable });
  const socketFolder = await makeSocketFolder(dataFolder, account);
  const server = await startServerProcess({
    name: 'PostgreSQL',
    file: join(binaries.folder, 'bin', 'postgres'),
    args: ['-D', cluster, ...settings(options.port, durable, socketFolder)],
    env: serverEnvironment,
    cwd: '/',
    ...(account && { account }),
    readyLine: /database system is ready to accept connections/,
    readyWithinMs: 60_000, // crash recovery replays the log first
    stopSignal: 'SIGINT',
    onLog: options.onLog,
  });
  const urlAt = (host: string): string => `postgres://postgres:${password}@${host}:${options.port}/postgres`;
  return {
    host: '127.0.0.1',
    port: options.port,
    superuser: { user: 'postgres', password },
    superuserUrl: urlAt('127.0.0.1'),
    socketUrl: urlAt(socketFolder === '' ? '127.0.0.1' : encodeURIComponent(socketFolder)),
    dataFolder,
    pid: server.pid,
    exited: server.exited,
    stop: () => server.stop(),
    kill: async () => {
      await server.kill();
      await waitUntilUnused(cluster);
    },
  };
}

const serverEnvironment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

function settings(port: number, durable: boolean, socketFolder: string): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    // A list of folders: in quotes, whatever is in its name.
    unix_socket_directories: socketFolder === '' ? '' : `"${socketFolder.replaceAll('"', '""')}"`,
    // The server of a test run has many installations in it.
    max_connections: durable ? 100 : 400,
    shared_buffers: '128MB',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Linux takes 107 bytes (unix(7)); the file in the folder is called .s.PGSQL.<port>. */
const socketFolderBytesMax = 107 - '/.s.PGSQL.65535'.length;

/** Empty, since a server that was killed leaves its socket behind. Gives '' where the path would be too long. */
async function makeSocketFolder(dataFolder: string, account: typeof nobody | undefined): Promise<string> {
  const folder = join(dataFolder, 'socket');
  if (Buffer.byteLength(folder) > socketFolderBytesMax) return '';
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  if (account) await chown(folder, account.uid, account.gid);
  return folder;
}

/** The folder that is asked for, or the one that stands in for it where `nobody` must be able to enter. */
export async function chooseDataFolder(wanted: string, forOtherAccount: boolean): Promise<string> {
  const absolute = resolve(wanted);
  if (!forOtherAccount || (await isReachable(join(absolute, '..')))) return absolute;
  return standInFor(absolute);
}

interface NewCluster {
  readonly binaries: string;
  readonly cluster: string;
  readonly passwordFile: string;
  readonly account: typeof nobody | undefined;
  readonly durable: boolean;
}

/** Made beside its place and renamed into it, so that an interrupted first start leaves no half cluster. */
async function makeCluster({ binaries, cluster, passwordFile, account, durable }: NewCluster): Promise<void> {
  const isMade = await access(cluster).then(
    () => true,
    () => false,
  );
  if (isMade) return;
  const unfinished = `${cluster}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  // The built-in C.UTF-8 sorts alike on every machine, whatever locales it has.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const login = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const args = ['-D', unfinished, ...locale, ...login, ...(durable ? [] : ['--no-sync'])];
  await run(join(binaries, 'bin', 'initdb'), args, { cwd: '/', env: serverEnvironment, ...account }).catch(
    (cause: unknown) => {
      const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
      throw new PermanentFailure('local.postgres-initdb-failed', `PostgreSQL could not make its data folder: ${said}`, {
        cause,
      });
    },
  );
  await rename(unfinished, cluster);
}
