import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReachable, standInFor } from './reachable-folder.js';

describe('a folder for an account that owns nothing', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'inkpost-home-'));
    await mkdir(join(home, 'project', 'data'), { recursive: true });
    await chmod(home, 0o711);
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('is reachable when everybody may pass through all folders above it', async () => {
    expect(await isReachable(join(home, 'project', 'data'))).toBe(true);
  });

  it('is not reachable below a closed folder, whatever its own rights', async () => {
    await chmod(home, 0o700);
    expect(await isReachable(join(home, 'project', 'data'))).toBe(false);
    expect(await isReachable(join(home, 'project', 'not', 'made', 'yet'))).toBe(false);
  });

  it('has one stand-in of its own, always the same', () => {
    expect(standInFor('/root/one/.inkpost/postgres')).toMatch(/^\/var\/lib\/inkpost\/[0-9a-f]{12}\/postgres$/);
    expect(standInFor('/root/one/.inkpost/postgres')).toBe(standInFor('/root/one/./.inkpost/postgres/'));
    expect(standInFor('/root/one/.inkpost/postgres')).not.toBe(standInFor('/root/other/.inkpost/postgres'));
  });
});
