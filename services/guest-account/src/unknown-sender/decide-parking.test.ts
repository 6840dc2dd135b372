import { describe, expect, it } from 'vitest';
import { WAITING_MESSAGES_MAX, WAITING_SENDERS_MAX } from '../limits.js';
import { decideParking } from './decide-parking.js';

const waitsUntil = new Date();
const waiting = { waitingId: 'one', waitsUntil, over: false, messages: 1 };
const nothing = { waiting: undefined, approval: undefined, senders: 0 };

describe('a mail of an unknown sender', () => {
  it('begins to wait, and others join it without anybody being asked again', () => {
    expect(decideParking(nothing)).toEqual({ kind: 'begin', insteadOf: undefined });
    expect(decideParking({ ...nothing, waiting })).toEqual({ kind: 'join', waitingId: 'one', waitsUntil });
  });

  it('begins anew where the time of those before it is over', () => {
    expect(decideParking({ ...nothing, waiting: { ...waiting, over: true } })).toEqual({ kind: 'begin', insteadOf: 'one' });
  });

  it('goes on where the sender was let in a moment ago', () => {
    expect(decideParking({ ...nothing, approval: { by: 'sponsor', name: 'grace@example.org' } })).toEqual({ kind: 'let-in', by: 'sponsor', name: 'grace@example.org' });
  });

  it('does not wait where too many do', () => {
    expect(decideParking({ ...nothing, waiting: { ...waiting, messages: WAITING_MESSAGES_MAX } })).toEqual({ kind: 'full' });
    expect(decideParking({ ...nothing, senders: WAITING_SENDERS_MAX })).toEqual({ kind: 'full' });
    expect(decideParking({ ...nothing, waiting, senders: WAITING_SENDERS_MAX })).toMatchObject({ kind: 'join' });
  });
});
