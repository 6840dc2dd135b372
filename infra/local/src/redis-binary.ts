import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PermanentFailure } from '@inkpost/failure/failure.js';

const run = promisify(execFile);

/** A redis-server and the environment it needs to find its libraries. */
export interface RedisBinary {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

const serverInPackage = 'usr/bin/redis-server';

/** redis-server and what a minimal Debian lacks of its libraries: 1.5 MB. */
const debianPackages = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'liblua5.1-0', 'libatomic1'];

/**
 * The `redis-server` on the PATH; without one, Debian's, unpacked into `cacheFolder`, which installs nothing.
 * npm has no Redis server: one written in JavaScript was tried and is too slow beyond a few hundred jobs.
 * @throws PermanentFailure `local.redis-missing` with what to do.
 */
export async function findRedisBinary(cacheFolder: string): Promise<RedisBinary> {
  const onPath = await firstRunnable((process.env['PATH'] ?? '').split(delimiter).map((it) => join(it, 'redis-server')));
  if (onPath) return { file: onPath, env: {} };
  const unpacked = join(cacheFolder, `redis-${process.arch}`);
  if (!(await firstRunnable([join(unpacked, serverInPackage)]))) await unpackFromDebian(unpacked);
  return { file: join(unpacked, serverInPackage), env: { LD_LIBRARY_PATH: (await libraryFolders(unpacked)).join(':') } };
}

async function firstRunnable(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const runnable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runnable) return file;
  }
  return undefined;
}

/** Unpacked beside its place and renamed into it: two first starts at once must not see half of it. */
async function unpackFromDebian(to: string): Promise<void> {
  const work = `${to}.${randomUUID()}`;
  const [packages, unpacked] = [join(work, 'packages'), join(work, 'unpacked')];
  try {
    await mkdir(packages, { recursive: true });
    await download(packages);
    for (const file of (await readdir(packages)).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg', ['-x', join(packages, file), unpacked]);
    }
    await rename(unpacked, to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // somebody else was faster
    });
  } catch (cause) {
    throw new PermanentFailure(
      'local.redis-missing',
      'No Redis: there is no redis-server on the PATH, and Debian\'s could not be downloaded. ' +
        'Install Redis 7 or later (Debian: "apt-get install redis-server"), or set INKPOST_REDIS_URL to one that runs.',
      { cause },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** With the system's package lists, or, when these are absent or old, with lists of our own: neither needs root. */
async function download(folder: string): Promise<void> {
  const get = (options: readonly string[]): Promise<unknown> =>
    run('apt-get', ['-q', ...options, 'download', ...debianPackages], { cwd: folder });
  const asAnybody = ['-o', 'APT::Sandbox::User=root'];
  await get(asAnybody).catch(async () => {
    const lists = join(dirname(folder), 'apt');
    await mkdir(join(lists, 'lists', 'partial'), { recursive: true });
    await mkdir(join(lists, 'cache', 'archives', 'partial'), { recursive: true });
    const own = [...asAnybody, '-o', `Dir::State::Lists=${join(lists, 'lists')}`, '-o', `Dir::Cache=${join(lists, 'cache')}`];
    await run('apt-get', ['-q', ...own, 'update']);
    await get(own);
  });
}

async function libraryFolders(unpacked: string): Promise<string[]> {
  const files = await readdir(unpacked, { recursive: true });
  return [...new Set(files.filter((file) => /\.so(\.|$)/.test(file)).map((file) => join(unpacked, dirname(file))))];
}
