import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkInput } from './check-input.js';
import { Problem } from './problem.js';

const params = z.strictObject({ id: z.uuid() });
const query = z.strictObject({ limit: z.coerce.number().int().min(1).max(9).default(3) });
const body = z.strictObject({
  name: z.string().min(2).max(4), kind: z.enum(['a', 'b']), on: z.boolean(), count: z.int().min(1), at: z.iso.datetime().optional(),
  inner: z.strictObject({ list: z.array(z.string().max(2)).max(2) }).optional(),
});
const id = '3334d45e-9150-4c7d-9ac2-1a751e10723b';

function errorsOf(raw: { params?: unknown; query?: unknown; body?: unknown }) {
  try {
    checkInput({ params, query, body }, { params: { id }, query: {}, body: { name: 'abc', kind: 'a', on: true, count: 1 }, ...raw });
  } catch (error) {
    if (error instanceof Problem) return error.extras.errors;
    throw error;
  }
  return [];
}

describe('checking input', () => {
  it('gives what is right, with defaults', () => {
    const checked = checkInput({ params, query, body: undefined }, { params: { id }, query: {}, body: undefined });
    expect(checked).toEqual({ params: { id }, query: { limit: 3 }, body: undefined });
  });

  it('names what is wrong in path, query and body together', () => {
    expect(errorsOf({ params: { id: 'x' }, query: { limit: '10' }, body: { name: 'a', kind: 'c', on: 'yes', count: 1.5, at: 'today', inner: { list: ['abc'], more: 1 }, other: 1 } })).toEqual([
      { field: 'id', reason: 'must be a UUID' },
      { field: 'limit', reason: 'must be at most 9' },
      { field: 'name', reason: 'must have at least 2 characters' },
      { field: 'kind', reason: 'must be one of a, b' },
      { field: 'on', reason: 'must be true or false' },
      { field: 'count', reason: 'must be a whole number' },
      { field: 'at', reason: 'must be a time such as 2026-07-31T18:00:00Z' },
      { field: 'inner.list.0', reason: 'must have at most 2 characters' },
      { field: 'inner.more', reason: 'is not a known field' },
      { field: 'other', reason: 'is not a known field' },
    ]);
  });

  it('says which field is missing, and that a body must be an object', () => {
    expect(errorsOf({ body: { kind: 'a' } })).toEqual(['name', 'on', 'count'].map((field) => ({ field, reason: 'is missing' })));
    expect(errorsOf({ body: { name: 'abc', kind: 'a', on: true, count: 1, inner: { list: ['a', 'b', 'c'] } } })).toEqual([{ field: 'inner.list', reason: 'must have at most 2 entries' }]);
    expect(errorsOf({ body: [] })).toEqual([{ field: '', reason: 'must be an object' }]);
  });

  it('takes no parameter where none is declared', () => {
    expect(() => checkInput({ params: undefined, query: undefined, body: undefined }, { params: {}, query: { sort: 'asc' }, body: undefined })).toThrow('sort is not a known field.');
  });

  it('names texts that can be kept nowhere', () => {
    const inner = { list: ['\ud800'] };
    expect(errorsOf({ body: { name: 'a\0b', kind: 'a', on: true, count: 1, inner } })?.map(({ field }) => field)).toEqual(['name', 'inner.list.0']);
    expect(errorsOf({ body: { name: 'a\ud83d\ude00', kind: 'a', on: true, count: 1 } })).toEqual([]);
  });

  it('is not misled by a field that JSON allows and JavaScript treats in its own way', () => {
    expect(errorsOf({ body: JSON.parse('{"name":"abc","kind":"a","on":true,"count":1,"__proto__":{"on":false}}') as unknown })).toEqual([{ field: '__proto__', reason: 'is not a known field' }]);
  });
});
