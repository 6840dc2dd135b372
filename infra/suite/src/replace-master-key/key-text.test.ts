import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashingKey, parseMasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { versionsIn, withNewestFirst, withNewVersion, withSealingAlone } from './key-text.js';

const first = `1:${'11'.repeat(32)}`;
const hash = (text: string) => createHmac('sha256', hashingKey(parseMasterKey(text), 'pin')).update('1234').digest('hex');

describe('the text of a master key', () => {
  it('is given a version that opens, then seals, then is alone, and hashes alike all the time', () => {
    const added = withNewVersion(first);
    const turned = withNewestFirst(added);
    const alone = withSealingAlone(turned);
    expect([added, turned, alone].map(versionsIn)).toEqual([[1, 2], [2, 1], [2]]);
    expect([added, turned, alone].map(hash)).toEqual([first, first, first].map(hash));
    const sealed = sealSecret(parseMasterKey(turned), 'c', 'x');
    for (const text of [added, turned, alone]) expect(openSecret(parseMasterKey(text), 'c', sealed)).toBe('x');
    expect(openSecret(parseMasterKey(turned), 'c', sealSecret(parseMasterKey(first), 'c', 'x'))).toBe('x');
  });

  it('has another key each time', () => {
    expect(withNewVersion(first)).not.toBe(withNewVersion(first));
  });

  it('goes on with 1 after 255, which is the newer one then', () => {
    const last = withNewVersion(first).replaceAll(/^2:/gm, '255:').replace(/^1:.*\n/, '');
    expect(versionsIn(last)).toEqual([255]);
    expect(versionsIn(withNewVersion(last))).toEqual([255, 1]);
    expect(versionsIn(withNewestFirst(withNewVersion(last)))).toEqual([1, 255]);
    expect(hash(withNewestFirst(withNewVersion(last)))).toBe(hash(first));
  });

  it('is not changed by turning it again', () => {
    const turned = withNewestFirst(withNewVersion(first));
    expect(withNewestFirst(turned)).toBe(turned);
  });
});
