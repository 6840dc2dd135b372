import { describe, expect, it } from 'vitest';
import { DNS_CACHED_MAX, DNS_FAILURE_KEPT_MS, DNS_KEPT_MS } from '../limits.js';
import { type DnsAsk, DnsLookups } from './dns-lookups.js';

const failure = (code: string) => Object.assign(new Error(code), { code });

/** Counts what is really asked. */
function counting(answer: DnsAsk) {
  const asked: string[] = [];
  const clock = { nowMs: 1_000 };
  const dns = new DnsLookups((name, type) => {
    asked.push(`${type} ${name}`);
    return answer(name, type);
  }, () => clock.nowMs);
  return { dns, asked, clock, ask: dns.within(60_000) };
}

describe('DNS', () => {
  it('is asked once by all who ask together, and again when the answer is old', async () => {
    const { ask, asked, clock } = counting(async () => [['text']]);
    await Promise.all([ask('Example.org', 'TXT'), ask('example.org', 'TXT')]);
    clock.nowMs += DNS_KEPT_MS - 1;
    expect(await ask('example.org', 'TXT')).toEqual([['text']]);
    expect(asked).toEqual(['TXT example.org']);
    clock.nowMs += 1;
    await ask('example.org', 'TXT');
    await ask('example.org', 'A');
    expect(asked).toEqual(['TXT example.org', 'TXT example.org', 'A example.org']);
  });

  it.each([
    ['that there is nothing is kept as long', 'ENOTFOUND', DNS_KEPT_MS],
    ['that it did not answer is soon forgotten', 'ETIMEOUT', DNS_FAILURE_KEPT_MS],
  ])('%s', async (_, code, keptMs) => {
    const { ask, asked, clock } = counting(() => Promise.reject(failure(code)));
    for (const waitMs of [0, keptMs - 1, 1]) {
      clock.nowMs += waitMs;
      await expect(ask('example.org', 'TXT')).rejects.toMatchObject({ code });
    }
    expect(asked).toHaveLength(2);
  });

  it('keeps no more names than it may', async () => {
    const { ask, asked } = counting(async () => []);
    for (let index = 0; index <= DNS_CACHED_MAX; index += 1) await ask(`n${index}.example`, 'TXT');
    await ask(`n${DNS_CACHED_MAX}.example`, 'TXT');
    expect(asked).toHaveLength(DNS_CACHED_MAX + 1);
    await ask('n0.example', 'TXT');
    expect(asked).toHaveLength(DNS_CACHED_MAX + 2);
  });

  it('keeps no mail waiting for longer than all its questions may take', async () => {
    const dns = new DnsLookups(() => new Promise(() => undefined));
    const ask = dns.within(50);
    await expect(Promise.all([ask('a.example', 'TXT'), ask('b.example', 'TXT')])).rejects.toMatchObject({ code: 'ETIMEOUT' });
    await expect(ask('c.example', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  });
});
