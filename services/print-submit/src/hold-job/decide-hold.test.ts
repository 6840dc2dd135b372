import { describe, expect, it } from 'vitest';
import { decideHold } from './decide-hold.js';

const now = new Date('2026-03-01T12:00:00Z');

describe('the jobs of a message', () => {
  it('wait for their code on a queue with validation', () => {
    expect(decideHold({ validation: true, holdHours: 72 }, now)).toEqual({
      kind: 'held',
      jobHoldUntil: new Date('2026-03-04T12:00:00Z'),
      holdDueAt: new Date('2026-03-04T00:00:00Z'),
      keepUntil: new Date('2026-03-05T12:00:00Z'),
    });
  });

  it('are only expired, without a warning before, where they are held for twelve hours or less', () => {
    expect(decideHold({ validation: true, holdHours: 12 }, now)).toMatchObject({ jobHoldUntil: new Date('2026-03-02T00:00:00Z'), holdDueAt: new Date('2026-03-02T00:00:00Z') });
    expect(decideHold({ validation: true, holdHours: 13 }, now)).toMatchObject({ jobHoldUntil: new Date('2026-03-02T01:00:00Z'), holdDueAt: new Date('2026-03-01T13:00:00Z') });
  });

  it('are released at once on a queue without validation, and their documents kept while the printer may be away', () => {
    expect(decideHold({ validation: false, holdHours: 72 }, now)).toEqual({
      kind: 'released', releasedAt: now, keepUntil: new Date('2026-03-31T12:00:00Z'),
    });
  });
});
