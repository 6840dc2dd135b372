import { readFileSync } from 'node:fs';
import type { JsonValue } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { FLOW, type Subject } from '@inkpost/flow/flow.js';
import { decodePayload, encodePayload, type PayloadInit } from '@inkpost/flow/payload.js';

const golden = JSON.parse(readFileSync(new URL('./flow-messages.golden.json', import.meta.url), 'utf8')) as Record<Subject, JsonValue>;

/** Zero values are left out of protobuf's JSON. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([, each]) => each !== false && each !== '' && each !== 0 && !(Array.isArray(each) && each.length === 0));
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutZeros(each)]));
}

describe('messages of earlier versions, as they may still lie in a database', () => {
  it('exist for every subject: a new one adds its own, an old one is never edited', () => {
    expect(Object.keys(golden).sort()).toEqual(Object.keys(FLOW).sort());
  });

  it.each(Object.keys(golden) as Subject[])('%s is read, and written the same way', (subject) => {
    const payload = decodePayload(subject, golden[subject]);
    expect(encodePayload(subject, payload as PayloadInit<Subject>)).toEqual(withoutZeros(golden[subject]));
  });
});
