import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ServerReturns } from './server-returns.js';

const LONG_MS = 60_000;

describe('mailboxes that wait for their server', () => {
  const start = () => {
    const returns = new ServerReturns();
    const over: string[] = [];
    const stopping = new AbortController();
    const wait = (name: string, server: string, delayMs = LONG_MS) => returns.wait(server, delayMs, stopping.signal).then(() => void over.push(name));
    return { returns, over, stopping, wait };
  };

  it('all go on when one of them reaches it, and those of other servers do not', async () => {
    const { returns, over, stopping, wait } = start();
    const [one, two, other] = [wait('one', 'a:993'), wait('two', 'a:993'), wait('other', 'a:143')];
    returns.announce('a:993');
    await Promise.all([one, two]);
    expect(over).toEqual(['one', 'two']);
    stopping.abort();
    await other;
  });

  it('go on by themselves when their time is over, and at once when they are stopped', async () => {
    const { over, stopping, wait } = start();
    const stopped = wait('stopped', 'a:993');
    await wait('short', 'a:993', 5);
    expect(over).toEqual(['short']);
    stopping.abort();
    await stopped;
    await wait('stopped before', 'a:993');
    expect(over).toEqual(['short', 'stopped', 'stopped before']);
  });

  it('wait again when it goes away again', async () => {
    const { returns, over, stopping, wait } = start();
    const first = wait('first', 'a:993');
    returns.announce('a:993');
    const second = wait('second', 'a:993');
    await first;
    await pause(5);
    expect(over).toEqual(['first']);
    returns.announce('a:993');
    await second;
    expect(over).toEqual(['first', 'second']);
    stopping.abort();
  });
});
