import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Where things go that an unprivileged account must reach and cannot reach in the project's own folder. */
export const systemFolder = '/var/lib/inkpost';

/**
 * Whether an account that owns nothing may enter `path` and all folders above it.
 * What does not exist yet counts as reachable: we create it so.
 */
export async function isReachable(path: string): Promise<boolean> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found && (found.mode & 0o001) === 0) return false;
  return absolute === '/' || isReachable(dirname(absolute));
}

/** The stand-in for an unreachable folder: always the same one for the same folder, so that data is found again. */
export function standInFor(folder: string): string {
  const absolute = resolve(folder);
  const mark = createHash('sha256').update(absolute).digest('hex').slice(0, 12);
  return join(systemFolder, mark, basename(absolute));
}
