import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { KEY_FILE_AGE_MAX_MS, MasterKeyFile } from './master-key-file.js';
import { parseMasterKey } from './master-key.js';
import { openSecret, sealSecret } from './seal.js';

const folder = mkdtempSync(join(tmpdir(), 'inkpost-key-'));
const path = join(folder, 'master-key');
const newKey = (version: number) => `${version}:${randomBytes(32).toString('base64')}`;
const [older, newer] = [newKey(1), newKey(2)];
const unreadable: unknown = expect.objectContaining({ name: 'CauseDown', code: 'secrets.master-key-unreadable' });
let nowMs = 0;

function write(text: string): void {
  writeFileSync(`${path}.draft`, text);
  renameSync(`${path}.draft`, path);
}

beforeEach(() => write(`${older}\n`));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the master key in a file', () => {
  it('is the new one a second after the file was replaced, and opens what the old one sealed', () => {
    const masterKey = new MasterKeyFile(path, () => nowMs);
    const sealed = sealSecret(masterKey, 'c', 'old');
    write(`${newer} ${older}`);
    nowMs += KEY_FILE_AGE_MAX_MS - 1;
    expect(masterKey.currentVersion).toBe(1);
    nowMs += 1;
    expect(masterKey.currentVersion).toBe(2);
    expect(openSecret(masterKey, 'c', sealed)).toBe('old');
    expect(openSecret(parseMasterKey(`${newer} ${older}`), 'c', sealSecret(masterKey, 'c', 'new'))).toBe('new');
  });

  it.each(['', 'changeme'])('is waited for, not used as it was, while the file holds "%s" or is gone', (text) => {
    const masterKey = new MasterKeyFile(path, () => nowMs);
    write(text);
    nowMs += KEY_FILE_AGE_MAX_MS;
    expect(() => sealSecret(masterKey, 'c', 'x')).toThrow(unreadable);
    rmSync(path);
    expect(() => sealSecret(masterKey, 'c', 'x')).toThrow(unreadable);
    expect(() => new MasterKeyFile(path)).toThrow(/master-key can't be used/);
    write(older);
    expect(openSecret(masterKey, 'c', sealSecret(masterKey, 'c', 'x'))).toBe('x');
  });

  it('shows nothing of itself in a log', () => {
    const masterKey = new MasterKeyFile(path);
    expect(inspect(masterKey, { depth: 9 }) + JSON.stringify(masterKey)).not.toContain(older.slice(2, 12));
  });
});
