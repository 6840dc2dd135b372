import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { ServerWait } from './server-wait.js';

const limits = { pauseMsMin: 1, pauseMsMax: 4, refusedMsMax: 20 };

function begin() {
  const lines: { level: string; event: string }[] = [];
  const log = createLog('test', 'info', { write: (line) => lines.push(JSON.parse(line) as { level: string; event: string }) });
  const over = new AbortController();
  return { over, wait: new ServerWait(log, over.signal, limits), said: () => lines.map(({ level, event }) => `${level}: ${event}`) };
}

/** Answers so, one after the other; the last again and again. */
function answers(...each: (Error | string)[]): () => Promise<string> {
  return async () => {
    const answer = each.length > 1 ? each.shift() : each[0];
    if (answer instanceof Error) throw answer;
    return answer ?? '';
  };
}

const away = (reason: string) => new CauseDown('test.away', reason);
const refused = new PermanentFailure('test.refused', 'wrong password');

describe('a service that starts', () => {
  it('waits for a server that is away, says each cause once, and goes on with what it finds', async () => {
    const { wait, said } = begin();
    const look = answers(away('no route'), away('no route'), away('starting up'), away('no route'), 'found');
    expect(await wait.until({ name: 'Store at here:1', look })).toBe('found');
    expect(said()).toEqual(['warning: waits for Store at here:1: no route', 'warning: waits for Store at here:1: starting up', 'info: Store at here:1 is there']);
    expect(wait.waitsFor).toBeUndefined();
  });

  it('says nothing of a server that is there', async () => {
    const { wait, said } = begin();
    await wait.until({ name: 'Store', look: answers('found') });
    expect(said()).toEqual([]);
  });

  it('gives a server that refuses some time, as an error for a person, and then gives up', async () => {
    const { wait, said } = begin();
    expect(await wait.until({ name: 'Store', look: answers(refused, refused, 'found') })).toBe('found');
    expect(said()).toContain('error: waits for Store: wrong password');
    await expect(wait.until({ name: 'Store', look: answers(refused) })).rejects.toThrow('Store refuses: wrong password');
  });

  it('waits on where a server was away between its refusals', async () => {
    const { wait } = begin();
    const slowly = (answer: Error): Promise<never> => pause(15).then(() => Promise.reject(answer));
    const look = answers(refused, away('gone'), refused, 'found');
    expect(await wait.until({ name: 'Store', look: async () => look().catch(slowly) })).toBe('found');
  });

  it('waits for nothing that waiting does not mend', async () => {
    const { wait } = begin();
    await expect(wait.until({ name: 'Store', look: answers(new Error('a mistake')) })).rejects.toThrow('a mistake');
  });

  it('ends its waiting at once when it is told to stop, between two looks or within one', async () => {
    for (const look of [answers(away('no route')), () => new Promise<never>(() => undefined)]) {
      const { wait, over } = begin();
      const waiting = wait.until({ name: 'Store', look });
      setTimeout(() => over.abort(), 5);
      await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    }
  });
});
