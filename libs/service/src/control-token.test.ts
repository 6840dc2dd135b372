import { describe, expect, it } from 'vitest';
import { ControlTokenCheck, signControlToken } from './control-token.js';

const key = new TextEncoder().encode('k'.repeat(64));
const ada = { actor: 'ada', rights: ['jobs.read'] as const };

describe('the token of a call', () => {
  const check = new ControlTokenCheck(key, 'acceptance');

  it('says who calls until it is over, also when it was seen before', async () => {
    const token = await signControlToken(key, 'acceptance', ada);
    const now = Date.now();
    expect(await check.callerOf(token, now)).toEqual(ada);
    expect(await check.callerOf(token, now + 50_000)).toEqual(ada);
    expect(await check.callerOf(token, now + 61_000)).toBeUndefined();
  });

  it('is good for one service, of one key, as it was signed', async () => {
    const token = await signControlToken(key, 'acceptance', ada);
    const [header, payload, signature] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object), rights: ['users.manage'] })).toString('base64url');
    expect(await check.callerOf(token)).toEqual(ada);
    expect(await check.callerOf(`${header}.${forged}.${signature}`)).toBeUndefined();
    expect(await new ControlTokenCheck(key, 'notification').callerOf(token)).toBeUndefined();
    expect(await new ControlTokenCheck(new TextEncoder().encode('o'.repeat(64)), 'acceptance').callerOf(token)).toBeUndefined();
  });
});
