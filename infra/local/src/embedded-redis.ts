import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { generatedPassword } from './generated-password.js';
import { projectFolder } from './project-folder.js';
import { findRedisBinary } from './redis-binary.js';
import { startServerProcess } from './server-process.js';

export interface RedisOptions {
  /** Holds the password and, when persistent, the append-only file. */
  readonly dataFolder: string;
  readonly port: number;
  /** True: append-only file, written every second; a killed process loses nothing, a power cut at most a second. */
  readonly persistent: boolean;
  /** Where a downloaded Redis is kept. Default: `node_modules/.cache/inkpost` of the project. */
  readonly cacheFolder?: string;
  readonly onLog?: (line: string) => void;
}

/** A running Redis on 127.0.0.1 with a password, that refuses writes rather than forget (`noeviction`). */
export interface EmbeddedRedis {
  /** `redis://:<password>@127.0.0.1:<port>`: holds the password, never log it. */
  readonly url: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly password: string;
  readonly pid: number;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
  /** As a crash: -9. */
  kill(): Promise<void>;
}

/** Many enough for one logical database per test file, see `createTestRedis` of the testkit. */
const logicalDatabases = 1024;

const projectCache = join(projectFolder, 'node_modules', '.cache', 'inkpost');

/**
 * Starts Redis: the one on the PATH, or Debian's, downloaded at the first start (about 2 s).
 * @throws PermanentFailure `local.redis-missing` with what to do; `local.server-start-failed` when for example the port is taken.
 */
export async function startRedis(options: RedisOptions): Promise<EmbeddedRedis> {
  const binary = await findRedisBinary(options.cacheFolder ?? projectCache);
  const folder = resolve(options.dataFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const password = await generatedPassword(join(folder, 'password'));
  const server = await startServerProcess({
    name: 'Redis',
    file: binary.file,
    args: ['-'], // settings by standard input: the password must not show in `ps`
    input: settings(folder, password, options),
    env: { ...binary.env, TZ: 'UTC', PATH: '/usr/bin:/bin' },
    cwd: folder,
    readyLine: /Ready to accept connections/,
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    onLog: options.onLog,
  });
  return {
    url: `redis://:${password}@127.0.0.1:${options.port}`,
    host: '127.0.0.1',
    port: options.port,
    password,
    pid: server.pid,
    exited: server.exited,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

function settings(folder: string, password: string, { port, persistent }: RedisOptions): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${folder}"`,
    'save ""',
    `appendonly ${persistent ? 'yes' : 'no'}`,
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    `databases ${logicalDatabases}`,
    'daemonize no',
    'always-show-logo no',
    '',
  ].join('\n');
}
