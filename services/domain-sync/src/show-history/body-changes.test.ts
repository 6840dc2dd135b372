import { describe, expect, it } from 'vitest';
import { bodyChanges } from './body-changes.js';

describe('changes of a body', () => {
  it('name each field by its path, with what it was and is', () => {
    const before = JSON.stringify({ name: 'a', place: { city: 'Paris', floor: 1 }, ids: [1, 2], 'odd/~name': true });
    const after = JSON.stringify({ name: 'a', place: { city: 'Lyon' }, ids: [1, 3, 4], 'odd/~name': false, color: null });
    expect(bodyChanges(before, after, 100)).toEqual([
      { path: '/place/city', before: '"Paris"', after: '"Lyon"' },
      { path: '/place/floor', before: '1', after: '' },
      { path: '/ids/1', before: '2', after: '3' },
      { path: '/ids/2', before: '', after: '4' },
      { path: '/odd~1~0name', before: 'true', after: 'false' },
      { path: '/color', before: '', after: 'null' },
    ]);
  });

  it('are the whole body where there was none, or none stays, and none where all is the same', () => {
    expect(bodyChanges('', '{"a":1}', 100)).toEqual([{ path: '', before: '', after: '{"a":1}' }]);
    expect(bodyChanges('{"a":[]}', '', 100)).toEqual([{ path: '', before: '{"a":[]}', after: '' }]);
    expect(bodyChanges('{"a":[]}', '{"a":{}}', 100)).toEqual([{ path: '/a', before: '[]', after: '{}' }]);
    expect(bodyChanges('{"a":1,"b":2}', '{"b":2,"a":1}', 100)).toEqual([]);
  });

  it('are as many as are shown', () => {
    expect(bodyChanges('{"a":1,"b":1,"c":1}', '{"a":2,"b":2,"c":2}', 2)).toHaveLength(2);
  });
});
