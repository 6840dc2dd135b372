import { describe, expect, it } from 'vitest';
import { missingRights } from './missing-rights.js';

const inbox = (rights: string) => ({ name: 'INBOX', rights });

describe('the rights that an account lacks', () => {
  it.each([
    ['keep', 'lr', ''],
    ['flag', 'lrsw', ''],
    ['flag', 'lr', 'it lacks the rights to mark as read (s) and to set flags (w)'],
    ['delete', 'lrswte', ''],
    ['delete', 'lrswt', 'it lacks the right to expunge (e)'],
    // Servers of RFC 2086 know one letter for both.
    ['delete', 'lrswd', ''],
    // Those of today say the old letter as well, where they grant but one of the two.
    ['delete', 'lrswtid', 'it lacks the right to expunge (e)'],
    ['move', 'lrs', 'it lacks the rights to mark as deleted (t) and to expunge (e)'],
  ] as const)('to %s with %s are: %s', (choice, rights, what) => {
    expect(missingRights(choice, inbox(rights))).toEqual(what === '' ? [] : [{ folder: 'INBOX', what }]);
  });

  it('are looked for in the folder that mails are moved to as well', () => {
    expect(missingRights('move', inbox('lrte'), { name: 'Done', rights: 'lr' })).toEqual([{ folder: 'Done', what: 'it lacks the right to put mails in (i)' }]);
    expect(missingRights('move', inbox('lrte'), { name: 'Done', rights: 'lri' })).toEqual([]);
  });
});
