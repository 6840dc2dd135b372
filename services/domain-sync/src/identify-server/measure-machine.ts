import { statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, resolve } from 'node:path';

export interface MachineFigures {
  /** One-minute load average divided by the number of processors: 1 = busy. */
  readonly load: number;
  readonly diskFreeBytes: bigint;
  readonly diskSizeBytes: bigint;
}

/** Load of the machine, and space on the disk where the documents lie (DOM-016). */
export async function measureMachine(folder: string): Promise<MachineFigures> {
  const disk = await diskOf(resolve(folder));
  return { load: (loadavg()[0] ?? 0) / availableParallelism(), diskFreeBytes: disk.bavail * disk.bsize, diskSizeBytes: disk.blocks * disk.bsize };
}

/** The disk that a folder is on, or will be on: before the first mail there may be none yet, and it isn't ours to make. */
async function diskOf(folder: string) {
  try {
    return await statfs(folder, { bigint: true });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || folder === dirname(folder)) throw error;
    return diskOf(dirname(folder));
  }
}
