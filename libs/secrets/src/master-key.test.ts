import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hashingBytesOf, hashingKey, parseMasterKey } from './master-key.js';
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

  it('hashes alike whichever version seals, once what version 1 stood for is written down', () => {
    const hash = (text: string, purpose = 'pin') => createHmac('sha256', hashingKey(parseMasterKey(text), purpose)).update('1234').digest('hex');
    const written = `hashing:${hashingBytesOf(bytes).toString('base64')}`;
    const before = hash(hex);
    for (const text of [`2:${'ab'.repeat(32)} 1:${hex}`, `2:${'ab'.repeat(32)} ${written}`, `${written} 3:${'cd'.repeat(32)}`]) expect(hash(text)).toBe(before);
    expect(hash(`1:${'ab'.repeat(32)}`)).not.toBe(before);
    expect(hash(hex, 'puk')).not.toBe(before);
  });

  it.each(['', ' \n', 'changeme', hex.slice(2), `${hex}00`, `0:${hex}`, `256:${hex}`, `1:${hex} 1:${hex}`, `2:${hex}`, `hashing:${hex}`, `1:${hex} hashing:${hex} hashing:${hex}`, `${'!'.repeat(43)}=`, `x:${hex}`])(
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
