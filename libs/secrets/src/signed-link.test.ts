import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashingBytesOf, parseMasterKey } from './master-key.js';
import { signLink, verifyLink } from './signed-link.js';

const key = randomBytes(32).toString('hex');
const masterKey = parseMasterKey(key);
const claim = { endsAt: new Date('2026-11-25T12:00:00Z'), place: 3 };

describe('a signed link', () => {
  it('bears its claim, in letters that a URL takes as they are', () => {
    const proof = signLink(masterKey, 'one', claim);
    expect(proof).toMatch(/^[\w-]{32}$/);
    expect(verifyLink(masterKey, 'one', proof)).toEqual(claim);
  });

  it('is none for another id, by another key, or after any change', () => {
    const proof = signLink(masterKey, 'one', claim);
    expect(verifyLink(masterKey, 'two', proof)).toBeUndefined();
    expect(verifyLink(parseMasterKey(randomBytes(32).toString('hex')), 'one', proof)).toBeUndefined();
    for (let at = 0; at < proof.length; at += 1) {
      const changed = `${proof.slice(0, at)}${proof[at] === 'A' ? 'B' : 'A'}${proof.slice(at + 1)}`;
      expect(verifyLink(masterKey, 'one', changed)).toBeUndefined();
    }
    for (const bad of ['', proof.slice(1), `${proof}A`, `${proof}=`, ` ${proof}`, 'x'.repeat(10_000)]) expect(verifyLink(masterKey, 'one', bad)).toBeUndefined();
  });

  it('outlives a new version of the master key, and the end of the old one', () => {
    const proof = signLink(masterKey, 'one', claim);
    const newer = `2:${randomBytes(32).toString('hex')}`;
    expect(verifyLink(parseMasterKey(`${newer} 1:${key}`), 'one', proof)).toEqual(claim);
    expect(verifyLink(parseMasterKey(`${newer} hashing:${hashingBytesOf(Buffer.from(key, 'hex')).toString('hex')}`), 'one', proof)).toEqual(claim);
  });
});
