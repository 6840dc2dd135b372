import { expect, it } from 'vitest';
import { fromCursor, toCursor } from './page-place.js';

const place = { at: new Date('2026-03-01T12:00:00.123Z'), id: '3334d45e-9150-4c7d-9ac2-1a751e10723b' };

it('a place in the list survives the way out and back', () => {
  expect(fromCursor(toCursor(place))).toEqual(place);
});

it.each(['', 'x', Buffer.from('yesterday 3334d45e-9150-4c7d-9ac2-1a751e10723b').toString('base64url'), Buffer.from('2026-03-01T12:00:00.123Z').toString('base64url')])('%j is no place in the list', (cursor) => {
  expect(fromCursor(cursor)).toBeUndefined();
});
