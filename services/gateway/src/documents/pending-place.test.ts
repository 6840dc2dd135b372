import { expect, it } from 'vitest';
import { BEGINNING, fromPendingCursor, toPendingCursor } from './pending-place.js';

const underWay = { at: '2026-03-01 12:00:00.123456+00', id: '3334d45e-9150-4c7d-9ac2-1a751e10723b' };
const standing = { at: '2026-03-01 11:00:00+05:30', id: '17' };

it.each([BEGINNING, { underWay, standing, jobs: 'a-_9' }, { ...BEGINNING, standing }, { ...BEGINNING, underWay }, { ...BEGINNING, jobs: 'x' }])('a place in the list survives the way out and back: %j', (place) => {
  expect(fromPendingCursor(toPendingCursor(place))).toEqual(place);
});

it('the empty cursor is the beginning', () => {
  expect(fromPendingCursor('')).toEqual(BEGINNING);
});

it.each(['x', toPendingCursor({ ...BEGINNING, underWay: { ...underWay, at: 'yesterday' } }), toPendingCursor({ ...BEGINNING, standing: { ...standing, id: '1; DROP' } }), Buffer.from(';;;').toString('base64url')])('%j is no place in the list', (cursor) => {
  expect(fromPendingCursor(cursor)).toBeUndefined();
});
