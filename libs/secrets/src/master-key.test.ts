import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseMasterKey, readMasterKey } from './master-key.js';
import { openSecret, sealSecret } from './seal.js';

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index + 200));
const hex = bytes.toString('hex');

describe('the master key', () => {
  it.each([hex, hex.toUpperCase(), bytes.toString('base64'), bytes.toString('base64url'), ` 1:${hex}\n`])('is the same key as %s', (text) => {
    expect(openSecret(parseMasterKey(text), 'c', sealSecret(parseMasterKey(hex), 'c', 'same'))).toBe('same');
  });

  it('seals with the first and opens with all, so that it can be replaced', () => {
    const older = parseMasterKey(`1:${hex}`);
    const newer = parseMasterKey(`2:${'ab'.repeat(32)}\n1:${hex}`);
    expect(newer.currentVersion).toBe(2);
    expect(openSecret(newer, 'c', sealSecret(older, 'c', 'old'))).toBe('old');
    expect(() => openSecret(older, 'c', sealSecret(newer, 'c', 'new'))).toThrow('version 2 is not configured');
  });

  it('is read from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'inkpost-key-'));
    await writeFile(join(folder, 'key'), `${hex}\n`);
    expect((await readMasterKey(join(folder, 'key'))).currentVersion).toBe(1);
    await rm(folder, { recursive: true });
  });

  it.each(['', ' \n', 'changeme', hex.slice(2), `${hex}00`, `0:${hex}`, `256:${hex}`, `1:${hex} 1:${hex}`, `${'!'.repeat(43)}=`, `x:${hex}`])(
    'is refused, without being quoted, when it is "%s"',
    (text) => {
      expect(() => parseMasterKey(text)).toThrow(expect.objectContaining({ code: 'secrets.master-key-invalid' }));
      expect(() => parseMasterKey(text)).not.toThrow(new RegExp(hex.slice(0, 20), 'u'));
    },
  );

  it('shows nothing of itself in a log', () => {
    expect(inspect(parseMasterKey(hex), { depth: 9 })).not.toContain('200');
    expect(JSON.stringify(parseMasterKey(hex))).not.toContain(hex.slice(0, 10));
  });
});
