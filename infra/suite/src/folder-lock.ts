import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Somebody else runs with this folder. */
export class FolderInUse extends Error {}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Takes the folder for this process; a lock whose process is gone is taken over. Throws `FolderInUse`. Gives the release. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'inkpost.pid');
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(`${process.pid}\n`);
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const pid = Number((await readFile(path, 'utf8').catch(() => '')).trim());
      if (pid > 0 && isAlive(pid)) {
        throw new FolderInUse(`Inkpost runs already with the data in ${folder} (process ${pid}). Stop it first, or give this one its own folder by INKPOST_HOME.`);
      }
      await rm(path, { force: true });
    }
  }
}
