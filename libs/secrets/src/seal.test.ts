import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseMasterKey } from './master-key.js';
import { openSecret, sealSecret, unwrapKey, wrapKey } from './seal.js';

const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
const sealBroken: unknown = expect.objectContaining({ name: 'PermanentFailure', code: 'secrets.seal-broken' });

describe('a sealed secret', () => {
  it.each(['', 'K7QX-3MPA', 'pässwörd ✓', 'x'.repeat(10_000)])('opens with its context: %s', (secret) => {
    expect(openSecret(masterKey, 'puk/1', sealSecret(masterKey, 'puk/1', secret))).toBe(secret);
  });

  it('looks different each time', () => {
    expect(sealSecret(masterKey, 'c', 'same')).not.toEqual(sealSecret(masterKey, 'c', 'same'));
  });

  it('does not open in another context or with another key', () => {
    const sealed = sealSecret(masterKey, 'puk/1', 'K7QX');
    expect(() => openSecret(masterKey, 'puk/2', sealed)).toThrow(sealBroken);
    expect(() => openSecret(parseMasterKey(randomBytes(32).toString('hex')), 'puk/1', sealed)).toThrow(sealBroken);
  });

  it('does not open after any single byte was changed, or any part cut off', () => {
    const sealed = sealSecret(masterKey, 'c', 'K7QX-3MPA');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      // A changed version byte names a key that isn't there, which is told as such.
      expect(() => openSecret(masterKey, 'c', changed)).toThrow(at === 1 ? expect.objectContaining({ code: 'secrets.key-missing' }) : sealBroken);
      expect(() => openSecret(masterKey, 'c', sealed.subarray(0, at))).toThrow(sealBroken);
    }
  });
});

describe('a wrapped document key', () => {
  const dataKey = randomBytes(32);

  it('opens for its document only', () => {
    const wrapped = wrapKey(masterKey, 'a', dataKey);
    expect(unwrapKey(masterKey, 'a', wrapped)).toEqual(dataKey);
    expect(() => unwrapKey(masterKey, 'b', wrapped)).toThrow(sealBroken);
  });

  it('is not taken for a sealed secret, nor the other way round', () => {
    expect(() => openSecret(masterKey, 'a', wrapKey(masterKey, 'a', dataKey))).toThrow(sealBroken);
    expect(() => unwrapKey(masterKey, 'a', sealSecret(masterKey, 'a', 'x'))).toThrow(sealBroken);
  });
});
