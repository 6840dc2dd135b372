import { describe, expect, it } from 'vitest';
import type { Member } from '../domain/domain.js';
import { UNHEARD_MS } from '../limits.js';
import { isCalled, type Reign } from './is-called.js';

const member = (serverId: string, mayBePromoted: boolean) => ({ serverId, mayBePromoted }) as Member;
const slaves = [member('former master', true), member('attic', false), member('lyon', true)];
const called = (more: Partial<Reign>) => slaves.filter((slave) => isCalled(slave, { mode: 'mailbox', sinceMs: UNHEARD_MS, hasHeard: () => false, ...more })).map(({ serverId }) => serverId);

describe('a master', () => {
  it('calls all its slaves in bidirectional mode', () => {
    expect(called({ mode: 'bidirectional', sinceMs: 0, hasHeard: () => true })).toEqual(['former master', 'attic', 'lyon']);
  });

  it('leaves it to the slaves in mailbox mode, but for those that may take themselves for the master still', () => {
    expect(called({ sinceMs: UNHEARD_MS - 1 })).toEqual([]);
    expect(called({ hasHeard: (serverId) => serverId === 'lyon' })).toEqual(['former master']);
    expect(called({ hasHeard: () => true })).toEqual([]);
  });
});
