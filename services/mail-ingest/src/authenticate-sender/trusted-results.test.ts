import { describe, expect, it } from 'vitest';
import { Header } from '../receive-message/read-mail/header.js';
import { parseAuthenticationResults } from './authentication-results.js';
import { trustedResults } from './trusted-results.js';

const header = (...fields: string[]) => new Header(Buffer.from(fields.join('\r\n')));
const field = (value: string) => `Authentication-Results: ${value}`;
const pass = 'mx.example.net; dmarc=pass header.from=example.org';
const judge = (...values: string[]) => trustedResults(header(...values.map(field)), 'example.org', ['mx.example.net']);

describe('an Authentication-Results field', () => {
  it.each([
    ['mx.example.net; spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org; dmarc=pass (p=reject) header.from=example.org', { spf: { result: 'pass', domain: 'example.org' }, dkim: [{ result: 'pass', domain: 'example.org' }], dmarc: { result: 'pass', policy: '' } }],
    ['MX.Example.NET 1; dkim=pass (2048-bit; key "x;y") header.i=@Mail.Example.org header.s=s1 ; dkim=fail reason="bad; dmarc=pass" header.d=other.example', { dkim: [{ result: 'pass', domain: 'mail.example.org' }, { result: 'fail', domain: 'other.example' }], dmarc: { result: '', policy: '' } }],
    ['mx.example.net;\r\n\tspf=softfail (nested (comment; dmarc=pass)) smtp.mailfrom="ada@example.org";\r\n\tdmarc = fail policy.dmarc=quarantine header.from=example.org', { spf: { result: 'softfail', domain: 'example.org' }, dmarc: { result: 'fail', policy: 'quarantine' } }],
    ['mx.example.net; none', { spf: { result: '', domain: '' }, dkim: [], dmarc: { result: '', policy: '' } }],
    ['mx.example.net; dmarc/1=pass header.from=example.org', { dmarc: { result: 'pass', policy: '' } }],
  ])('is read as RFC 8601 says: %s', (value, results) => {
    const { authservId, results: read } = parseAuthenticationResults(value.replaceAll('\r\n', ''));
    expect(authservId).toBe('mx.example.net');
    expect(read).toMatchObject(results);
  });

  it('of any making is read quickly', () => {
    const startedAtMs = performance.now();
    for (const piece of ['"', '"\\', '"\\"', '(', '()', '\\', '= ; "', 'dkim=pass ']) parseAuthenticationResults(`mx.example.net; ${piece.repeat(50_000)}`);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });

  it.each(['', ';', '(', '"', '; ; =', 'a = ; = b', 'mx.example.net; dmarc=', `mx.example.net; ${'('.repeat(8_000)}`, `mx.example.net; ${'dkim=pass '.repeat(800)}`])('that is none is nobody\'s word: %s', (value) => {
    expect(parseAuthenticationResults(value).results.dmarc.result).toBe('');
  });
});

describe('what a trusted server says', () => {
  it('counts where its field is the topmost one', () => {
    expect(judge(pass)).toMatchObject({ verdict: 'pass', basis: 'dmarc', measuredBy: 'mx.example.net' });
    expect(judge('mx.example.net; dkim=pass header.d=mail.example.org')).toMatchObject({ verdict: 'pass', basis: 'dkim' });
    expect(judge('mx.example.net; dmarc=fail header.from=example.org')).toMatchObject({ verdict: 'fail', basis: 'dmarc' });
    expect(judge('mx.example.net; dmarc=temperror header.from=example.org')).toMatchObject({ verdict: 'temperror' });
  });

  it('does not count below what the sender or another server wrote, nor from a server that nobody trusts', () => {
    for (const values of [['mx.evil.example; dmarc=pass header.from=example.org'], ['mx.evil.example; dmarc=fail', pass], ['mx.example.net.evil.example; dmarc=pass'], [';', pass], []]) {
      expect(judge(...values), values.join(' / ')).toMatchObject({ verdict: 'none', measuredBy: '' });
    }
    expect(trustedResults(header(field(pass)), 'example.org', [])).toMatchObject({ verdict: 'none', measuredBy: '' });
  });

  it('beats what the sender forged in its name further down', () => {
    expect(judge('mx.example.net; dmarc=fail header.from=example.org', pass)).toMatchObject({ verdict: 'fail' });
    // A server without DMARC: what claims to be its second field may be the sender's.
    expect(judge('mx.example.net; spf=none', pass)).toMatchObject({ verdict: 'none', measuredBy: 'mx.example.net' });
  });

  it('is that DMARC failed also in a second field of its own', () => {
    expect(judge('mx.example.net; dkim=none', 'mx.example.net; dmarc=fail header.from=example.org')).toMatchObject({ verdict: 'fail', basis: 'dmarc' });
    expect(judge('mx.example.net; dkim=none', 'mx.evil.example; dmarc=fail header.from=example.org')).toMatchObject({ verdict: 'none' });
  });

  it('is about the From that counts, or about nothing', () => {
    expect(judge('mx.example.net; dmarc=pass header.from=evil.example')).toMatchObject({ verdict: 'none' });
    expect(judge('mx.example.net; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example')).toMatchObject({ verdict: 'none' });
    expect(trustedResults(header(field(pass)), '', ['mx.example.net'])).toMatchObject({ verdict: 'none', measuredBy: '' });
  });

  it('is believed of Exchange Online, which gives no name, where its own name is trusted', () => {
    const fields = header(field('spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.org; dkim=pass (signature was verified) header.d=example.org;dmarc=pass action=none header.from=example.org;compauth=pass reason=100'));
    expect(trustedResults(fields, 'example.org', ['protection.outlook.com'])).toMatchObject({ verdict: 'pass', basis: 'dmarc', measuredBy: 'protection.outlook.com' });
    expect(trustedResults(fields, 'example.org', ['mx.example.net'])).toMatchObject({ verdict: 'none' });
  });
});
