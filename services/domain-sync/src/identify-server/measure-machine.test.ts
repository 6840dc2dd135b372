import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureMachine } from './measure-machine.js';

/** As `df` says it. */
function sizeByDf(folder: string): bigint {
  return BigInt(execFileSync('df', ['--block-size=1', '--output=size', folder], { encoding: 'utf8' }).split('\n')[1]?.trim() ?? '0');
}

describe('the figures of the machine', () => {
  it('are those of the disk that the folder is on', async () => {
    const { diskFreeBytes, diskSizeBytes, load } = await measureMachine(tmpdir());
    expect(diskSizeBytes).toBe(sizeByDf(tmpdir()));
    expect(diskFreeBytes).toBeGreaterThan(0n);
    expect(diskFreeBytes).toBeLessThanOrEqual(diskSizeBytes);
    expect(load).toBeGreaterThanOrEqual(0);
  });

  it('are those of the nearest folder above, and make none, while the folder is not there', async () => {
    const folder = join(tmpdir(), 'inkpost-not-made-yet', 'spool');
    expect((await measureMachine(folder)).diskSizeBytes).toBe(sizeByDf(tmpdir()));
    expect((await measureMachine(folder)).diskSizeBytes).toBe(sizeByDf(tmpdir()));
    expect(() => execFileSync('stat', [folder], { stdio: 'pipe' })).toThrow('No such file');
  });

  it('can not be had below a file', async () => {
    await expect(measureMachine('/etc/passwd/spool')).rejects.toThrow('ENOTDIR');
  });
});
