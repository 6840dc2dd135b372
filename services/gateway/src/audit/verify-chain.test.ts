import { describe, expect, it } from 'vitest';
import type { StoredAuditEntry } from './audit-entry.js';
import { CHAIN_BEGIN, type ChainEnd, type ChainVerdict, ChainWalk, entrySha256 } from './verify-chain.js';

/** As the database would have written them. */
function chainOf(count: number, anchor = CHAIN_BEGIN): StoredAuditEntry[] {
  const entries: StoredAuditEntry[] = [];
  for (let before = anchor; entries.length < count;) {
    const fields = { id: before.entryId + 1, at: new Date(Date.UTC(2026, 0, 1, 0, 0, before.entryId)), actor: 'ada', action: 'DELETE /x', objectId: 'é, "1"', outcome: 'done', status: 204, source: '::1', requestId: 'f' } as const;
    const entry = { ...fields, sha256: entrySha256(before.sha256, fields) };
    entries.push(entry);
    before = { entryId: entry.id, sha256: entry.sha256 };
  }
  return entries;
}

function endOf(entries: readonly StoredAuditEntry[]): ChainEnd {
  const last = entries.at(-1);
  return last ? { entryId: last.id, sha256: last.sha256 } : CHAIN_BEGIN;
}

function verdictOn(entries: readonly StoredAuditEntry[], head: ChainEnd | undefined, anchor = CHAIN_BEGIN): ChainVerdict {
  const walk = new ChainWalk(anchor, head);
  for (const entry of entries) if (!walk.step(entry)) break;
  return walk.finish();
}

const whole = chainOf(5);

describe('a chain of audit entries', () => {
  it('has the hash that its documentation says', () => {
    // By printf and sha256sum over 32 zero bytes and the netstrings.
    const fields = { id: 1, at: new Date('2026-11-22T09:10:11.120Z'), actor: 'ada', action: 'DELETE /x', objectId: 'é', outcome: 'done', status: 204, source: '::1', requestId: '' } as const;
    expect(entrySha256(CHAIN_BEGIN.sha256, fields)).toBe('4bda7446901be29d420fef7b51bd175bc43382e3202f35f638017c9d77ea6119');
  });

  it('is intact as it was written, empty too, and after a beginning that was forgotten', () => {
    expect(verdictOn(whole, endOf(whole))).toEqual({ intactEntries: 5, end: endOf(whole), firstBreak: undefined });
    expect(verdictOn([], CHAIN_BEGIN)).toEqual({ intactEntries: 0, end: CHAIN_BEGIN, firstBreak: undefined });
    expect(verdictOn(whole.slice(2), endOf(whole), endOf(whole.slice(0, 2))).intactEntries).toBe(3);
  });

  it.each(Object.keys(whole[0] ?? {}).filter((field) => field !== 'id'))('is broken where %s was changed', (field) => {
    const changes: Partial<Record<string, unknown>> = { at: new Date(0), status: 200, outcome: 'failed', sha256: 'ab'.repeat(32) };
    const forged = whole.map((entry) => (entry.id === 3 ? { ...entry, [field]: changes[field] ?? 'eve' } : entry));
    expect(verdictOn(forged, endOf(whole))).toMatchObject({ intactEntries: 2, end: { entryId: 2 }, firstBreak: { entryId: 3, kind: 'changed' } });
  });

  it('is broken after an entry that was changed together with its hash', () => {
    const forged = whole.map((entry, index) => (index === 2 ? { ...entry, actor: 'eve', sha256: entrySha256(whole[1]?.sha256 ?? '', { ...entry, actor: 'eve' }) } : entry));
    expect(verdictOn(forged, endOf(whole)).firstBreak).toMatchObject({ entryId: 4, kind: 'changed' });
    expect(verdictOn(forged.slice(0, 3), endOf(whole.slice(0, 3))).firstBreak).toMatchObject({ entryId: 3, kind: 'changed' });
  });

  it.each([
    ['from its middle', whole.filter(({ id }) => id !== 2 && id !== 3), 2, 'Entries 2 to 3 are missing.'],
    ['from its beginning', whole.slice(1), 1, 'Entry 1 is missing.'],
    ['from its end', whole.slice(0, 4), 5, 'Entry 5 is missing.'],
    ['altogether', [], 1, 'Entries 1 to 5 are missing.'],
  ])('is broken where an entry was taken %s', (_where, left, entryId, reason) => {
    expect(verdictOn(left, endOf(whole)).firstBreak).toEqual({ entryId, kind: 'missing', reason });
  });

  it('is broken where an entry was added that nobody appended', () => {
    expect(verdictOn(whole, endOf(whole.slice(0, 4))).firstBreak).toMatchObject({ entryId: 5, kind: 'foreign' });
    expect(verdictOn([...whole.slice(0, 2), ...whole.slice(1)], endOf(whole)).firstBreak).toMatchObject({ entryId: 2, kind: 'foreign' });
    expect(verdictOn(whole, undefined).firstBreak).toBeUndefined();
  });

  it('keeps its fields apart', () => {
    const [first] = whole;
    if (!first) throw new Error('no entry');
    expect(entrySha256(CHAIN_BEGIN.sha256, { ...first, actor: 'ad', action: `a${first.action}` })).not.toBe(first.sha256);
  });
});
