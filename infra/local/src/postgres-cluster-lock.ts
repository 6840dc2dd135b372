import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PermanentFailure } from '@inkpost/failure/failure.js';

const lookAgainAfterMs = 50;
const unusedWithinMs = 20_000;

/**
 * Makes a cluster startable after a crash. PostgreSQL itself trusts the process id in `postmaster.pid`, which after a crash may
 * belong to any other process by now; every PostgreSQL process works inside its data folder, and that does not lie.
 * @throws PermanentFailure `local.postgres-in-use` when a server started by somebody else runs on it.
 */
export async function releaseCluster(cluster: string): Promise<void> {
  const lockFile = join(cluster, 'postmaster.pid');
  const lock = await readFile(lockFile, 'utf8').catch(() => undefined);
  if (lock === undefined) return;
  const postmaster = Number.parseInt(lock, 10);
  const users = await processesWorkingIn(cluster);
  // A server whose parent is gone was told to end when that died: worth waiting for.
  if (users.includes(postmaster) && (await parentOf(postmaster)) > 1) {
    throw new PermanentFailure(
      'local.postgres-in-use',
      `PostgreSQL already runs on ${cluster} (process ${postmaster}): stop the other one first`,
    );
  }
  await waitUntilUnused(cluster);
  await rm(lockFile, { force: true });
}

/** Back ends outlive a killed server for a moment; starting beside them would damage the data. */
export async function waitUntilUnused(cluster: string): Promise<void> {
  const deadline = Date.now() + unusedWithinMs;
  for (;;) {
    const users = await processesWorkingIn(cluster);
    if (users.length === 0) return;
    if (Date.now() > deadline) {
      throw new PermanentFailure('local.postgres-in-use', `Processes ${users.join(', ')} still use ${cluster}`);
    }
    await pause(lookAgainAfterMs);
  }
}

async function processesWorkingIn(folder: string): Promise<number[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(processes.map((id) => readlink(`/proc/${id}/cwd`).catch(() => '')));
  return processes.filter((_, index) => folders[index] === folder).map(Number);
}

async function parentOf(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'utf8').catch(() => '');
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
}
