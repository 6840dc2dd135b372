import { describe, expect, it } from 'vitest';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { makePuk, normalizePuk, PukHasher, PukIssuer } from './puk.js';

const FIRST = `1:${'11'.repeat(32)}`;
const SECOND = `2:${'22'.repeat(32)}`;
const OTHER = `1:${'33'.repeat(32)}`;

describe('a code', () => {
  it('has eight characters, none of which looks like another', () => {
    const seen = new Set(Array.from({ length: 5_000 }, makePuk).flatMap((code) => {
      expect(code).toHaveLength(8);
      return code.split('');
    }));
    expect([...seen].sort().join('')).toBe('23456789ABCDEFGHJKLMNPQRSTUVWXYZ');
  });

  it('is random: no two of many are the same', () => {
    expect(new Set(Array.from({ length: 10_000 }, makePuk)).size).toBe(10_000);
  });

  it.each([['7KQM3XPA', '7KQM3XPA'], [' 7kqm-3xpa ', '7KQM3XPA'], ['7k qm–3x pa', '7KQM3XPA'], ['7KQM\u00A03XPA', '7KQM3XPA']])('typed as %j is %s', (typed, code) => {
    expect(normalizePuk(typed)).toBe(code);
  });

  it.each(['', '7KQM3XP', '7KQM3XPAA', '7KQM3XP0', '7KQM3XPI', 'DROP TABLE', '7KQM3XPÄ', '7KQM_3XPA'])('cannot be %j', (typed) => {
    expect(normalizePuk(typed)).toBeUndefined();
  });
});

describe('the hash of a code', () => {
  it('depends on the code and on the master key', () => {
    const one = new PukHasher(parseMasterKey(FIRST));
    expect(one.hash('7KQM3XPA')).toEqual(one.hash('7KQM3XPA'));
    expect(one.hash('7KQM3XPA')).not.toEqual(one.hash('7KQM3XPB'));
    expect(one.hash('7KQM3XPA')).not.toEqual(new PukHasher(parseMasterKey(OTHER)).hash('7KQM3XPA'));
    expect(one.hash('7KQM3XPA')).toHaveLength(32);
  });

  it('is the same after the master key was replaced', () => {
    expect(new PukHasher(parseMasterKey(`${SECOND} ${FIRST}`)).hash('7KQM3XPA')).toEqual(new PukHasher(parseMasterKey(FIRST)).hash('7KQM3XPA'));
  });
});

describe('an issued code', () => {
  const masterKey = parseMasterKey(FIRST);
  const hasher = new PukHasher(masterKey);
  const { codeHash, sealedPuk } = new PukIssuer(masterKey, hasher).issue('message-1', 'ada@example.org');

  it('opens for its message and its owner, and is the one that was hashed', () => {
    expect(hasher.hash(openSecret(masterKey, 'puk:message-1:ada@example.org', sealedPuk))).toEqual(codeHash);
  });

  it('opens for no other message and no other address', () => {
    expect(() => openSecret(masterKey, 'puk:message-2:ada@example.org', sealedPuk)).toThrow();
    expect(() => openSecret(masterKey, 'puk:message-1:eve@example.org', sealedPuk)).toThrow();
  });
});
