import { mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';

export interface MachineFigures {
  /** One-minute load average divided by the number of processors: 1 = busy. */
  readonly load: number;
  readonly diskFreeBytes: bigint;
  readonly diskSizeBytes: bigint;
}

/** Load of the machine, and space on the disk where the documents lie (DOM-016). */
export async function measureMachine(folder: string): Promise<MachineFigures> {
  const disk = await statfs(folder, { bigint: true }).catch(async () => {
    // Before the first mail there may be no folder yet.
    await mkdir(folder, { recursive: true });
    return statfs(folder, { bigint: true });
  });
  return { load: (loadavg()[0] ?? 0) / availableParallelism(), diskFreeBytes: disk.bavail * disk.bsize, diskSizeBytes: disk.blocks * disk.bsize };
}
