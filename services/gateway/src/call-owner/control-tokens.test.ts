import { ControlTokenCheck } from '@inkpost/service/control-token.js';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.js';
import { ControlTokens } from './control-tokens.js';

const key = new TextEncoder().encode('k'.repeat(64));
const other = new TextEncoder().encode('o'.repeat(64));
const ada = { actor: 'ada', rights: ['jobs.read'] as const };

describe('the tokens for owners', () => {
  const tokens = new ControlTokens(new Map([['acceptance', key], ['print-submit', other]]));

  it('bear the caller, and are good for one owner alone', async () => {
    const token = await tokens.tokenFor('acceptance', ada);
    expect(await new ControlTokenCheck(key, 'acceptance').callerOf(token)).toEqual({ actor: 'ada', rights: ['jobs.read'] });
    expect(await new ControlTokenCheck(other, 'print-submit').callerOf(token)).toBeUndefined();
  });

  it('are used again for some seconds, for the same caller with the same rights only', async () => {
    const token = await tokens.tokenFor('acceptance', ada, 0);
    expect(await tokens.tokenFor('acceptance', { ...ada }, LIMITS.controlTokenReuseMs - 1)).toBe(token);
    // A token's text depends on the second that it was signed in: what tells tokens apart here is who and what they bear.
    expect(await tokens.tokenFor('acceptance', { ...ada, rights: ['jobs.manage'] }, 0)).not.toBe(token);
    expect(await tokens.tokenFor('acceptance', { ...ada, actor: 'eve' }, 0)).not.toBe(token);
  });

  it('can\'t be had for a service without a key', async () => {
    await expect(tokens.tokenFor('notification', ada)).rejects.toThrow('no key for notification');
  });
});
