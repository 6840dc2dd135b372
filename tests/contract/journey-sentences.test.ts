import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SENTENCES } from '@inkpost/gateway/explain-journey/sentences.js';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** The keywords that services write into journeys: `{ step: 'held', … }` and mail-ingest's `entry('part-refused', …)`. */
function writtenSteps(): string[] {
  const files = globSync('services/*/src/**/*.ts', { cwd: root }).filter((name) => !/\.test\.ts$|\.harness\.ts$|\/gen\/|^services\/gateway\//.test(name));
  return [...new Set(files.flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(/\b(?:step: |entry\()'([a-z-]+)'/g)].map((match) => match[1] ?? '')))];
}

describe('the steps of a journey', () => {
  it('all have a sentence for people', () => {
    const steps = writtenSteps();
    expect(steps).toEqual(expect.arrayContaining(['received', 'sender-refused', 'held', 'printed', 'not-told']));
    expect(steps.filter((step) => !Object.hasOwn(SENTENCES, step))).toEqual([]);
  });
});
