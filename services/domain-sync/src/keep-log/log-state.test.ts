import { describe, expect, it } from 'vitest';
import { checksumOf } from '../compare-checksums/checksum.js';
import type { LogEntry } from './log-entry.js';
import { LogState } from './log-state.js';

function entry(position: number, objectId: string, more: Partial<LogEntry> = {}): LogEntry {
  return { position, epoch: 1, owner: 'print-submit', kind: 'queue', objectId, name: objectId, change: 'put', digest: `${objectId}${position}`, needs: [], hasSecrets: false, size: 100, ...more };
}

function logOf(...entries: LogEntry[]): LogState {
  const log = new LogState();
  log.begin([{ epoch: 1, after: 0 }]);
  for (const each of entries) log.add(each);
  return log;
}

describe('the log', () => {
  it('sends of an object that changed often only what it is now, in the order of the last changes', () => {
    const log = logOf(entry(1, 'a'), entry(2, 'b'), entry(3, 'a'), entry(4, 'c'), entry(5, 'b', { change: 'deleted' }));
    expect(log.after(0).map(({ position }) => position)).toEqual([3, 4, 5]);
    expect(log.after(3).map(({ position }) => position)).toEqual([4, 5]);
    expect(log.after(5)).toEqual([]);
  });

  it('adds up what a slave should have: neither what is gone, nor what is no longer shared, nor kinds that are held up', () => {
    const log = logOf(entry(1, 'a'), entry(2, 'b'), entry(3, 'b', { change: 'deleted' }), entry(4, 'c', { kind: 'tariff' }), entry(5, 'd'), entry(6, 'd', { change: 'kept' }));
    expect(log.checksum()).toBe(checksumOf([{ kind: 'tariff', objectId: 'c', digest: 'c4' }, { kind: 'queue', objectId: 'a', digest: 'a1' }]));
    expect(log.checksum(['tariff'])).toBe(checksumOf([{ kind: 'queue', objectId: 'a', digest: 'a1' }]));
    log.add(entry(7, 'a'));
    expect(log.checksum(['tariff'])).toBe(checksumOf([{ kind: 'queue', objectId: 'a', digest: 'a7' }]));
  });

  it('knows where each epoch ended: who is beyond it, or comes from an epoch unknown here, has something else', () => {
    const log = logOf(entry(1, 'a'), entry(2, 'b'));
    log.begin([{ epoch: 1, after: 0 }, { epoch: 3, after: 2 }]);
    log.add(entry(3, 'c', { epoch: 3 }));
    expect(log.continues({ position: 0, positionEpoch: 0 })).toBe(true);
    expect(log.continues({ position: 2, positionEpoch: 1 })).toBe(true);
    expect(log.continues({ position: 3, positionEpoch: 3 })).toBe(true);
    // Position 3 was written by the old master too, after this one had been promoted.
    expect(log.continues({ position: 3, positionEpoch: 1 })).toBe(false);
    expect(log.continues({ position: 2, positionEpoch: 2 })).toBe(false);
    expect(log.continues({ position: 4, positionEpoch: 3 })).toBe(false);
  });

  it('finds what an inventory lacks, has from elsewhere, was changed there, or should not have', () => {
    const log = logOf(entry(1, 'same'), entry(2, 'missing'), entry(3, 'older'), entry(4, 'changed'), entry(5, 'waiting'), entry(6, 'gone', { change: 'deleted' }), entry(7, 'other', { epoch: 2 }), entry(8, 'going', { change: 'deleted' }));
    const object = (objectId: string, position: number, digest = `${objectId}${position}`) => ({ kind: 'queue', objectId, digest, position, epoch: 1, owner: 'print-submit' });
    const { send, drop } = log.difference([
      object('same', 1), object('older', 2), object('changed', 4, 'somebody else'), object('waiting', 5, ''), object('gone', 5), object('going', 8, ''), object('other', 7), object('unheard', 1),
    ]);
    expect(send.map(({ objectId }) => objectId)).toEqual(['missing', 'older', 'changed', 'other']);
    expect(drop.map(({ objectId }) => objectId)).toEqual(['gone', 'unheard']);
  });
});
