import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { DnsLookups } from './dns-lookups.js';
import { judgeAuthentication } from './judge-authentication.js';
import { measureSender, type SmtpClient } from './measure-sender.js';
import { mailFrom, SigningDomain } from '@inkpost/testkit/signed-mails.js';
import { arcSealer } from './trusted-results.js';

const example = new SigningDomain('example.org');
const idn = new SigningDomain('xn--bro-hoa.example');
const list = new SigningDomain('lists.example');
const forwarder = new SigningDomain('forwarder.example');

const texts = new Map<string, string>([
  ...[example, idn, list, forwarder].map(({ dnsRecord }) => dnsRecord),
  ['example.org', 'v=spf1 ip4:192.0.2.0/24 -all'], ['_dmarc.example.org', 'v=DMARC1; p=reject'], ['_dmarc.xn--bro-hoa.example', 'v=DMARC1; p=none'],
  ['nopolicy.example', 'v=spf1 ip4:192.0.2.0/24 -all'],
]);

const own: SmtpClient = { address: '192.0.2.1', name: 'mx.example.org', envelopeSender: 'ada@example.org', speaksLmtp: false };
const stranger: SmtpClient = { address: '203.0.113.9', name: 'mx.evil.example', envelopeSender: 'bounce@evil.example', speaksLmtp: false };

const dnsOf = (ask: (name: string, type: string) => Promise<string[][]>) => new DnsLookups(ask);
const dns = () => dnsOf((name, type) => {
  const text = type === 'TXT' ? texts.get(name) : undefined;
  return text === undefined ? Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' })) : Promise.resolve([[text]]);
});
const measure = (mail: string, client: SmtpClient, lookups = dns()) => measureSender(Readable.from(pieces(mail)), client, lookups);
const judge = async (mail: string, client: SmtpClient, { domain = 'example.org', trusted = [] as string[] } = {}) => {
  const { results, arc } = await measure(mail, client);
  return judgeAuthentication(domain, results, arcSealer(arc.chain, domain, trusted) !== undefined);
};

/** In pieces that end anywhere, also within the header. */
function* pieces(mail: string): Generator<Buffer> {
  const bytes = Buffer.from(mail, 'latin1');
  for (let at = 0; at < bytes.length; at += 1_013) yield bytes.subarray(at, at + 1_013);
}

beforeAll(() => import('mailauth'));

describe('a mail', () => {
  it('passes by its own signature, whoever brings it', async () => {
    expect(await judge(await example.sign(mailFrom('ada@example.org')), stranger)).toEqual({ verdict: 'pass', basis: 'dmarc' });
  });

  it('passes by the address of its own server', async () => {
    const { results } = await measure(mailFrom('ada@example.org'), own);
    expect(results).toEqual({ spf: { result: 'pass', domain: 'example.org' }, dkim: [], dmarc: { result: 'pass', policy: 'reject' } });
  });

  it('of an international domain passes too, by its name in ASCII', async () => {
    const mail = await idn.sign(mailFrom('ada@xn--bro-hoa.example'));
    expect(await measure(mail, stranger)).toMatchObject({ dmarcFrom: 'xn--bro-hoa.example', results: { dkim: [{ result: 'pass', domain: 'xn--bro-hoa.example' }], dmarc: { result: 'pass', policy: 'none' } } });
  });

  it('fails with a From that a stranger made up, even with a good signature of the stranger', async () => {
    expect(await judge(mailFrom('ada@example.org'), stranger)).toEqual({ verdict: 'fail', basis: 'dmarc' });
    expect(await judge(await list.sign(mailFrom('ada@example.org')), stranger)).toEqual({ verdict: 'fail', basis: 'dmarc' });
  });

  it('fails when it was changed on its way', async () => {
    const changed = (await example.sign(mailFrom('ada@example.org'))).replace('Please print', 'Please burn');
    expect(await judge(changed, stranger)).toEqual({ verdict: 'fail', basis: 'dmarc' });
  });

  it('fails when only its beginning is signed: what is printed stands behind', async () => {
    const half = await example.sign(mailFrom('ada@example.org', 'Please print.\r\n'), 10);
    const { results } = await measure(`${half}%PDF-1.7 of somebody else\r\n`, stranger);
    expect(results).toMatchObject({ dkim: [{ result: 'policy' }], dmarc: { result: 'fail' } });
  });

  it('of a domain without a policy passes by what is aligned with it, and is nobody\'s else', async () => {
    const client = { ...own, envelopeSender: 'ada@nopolicy.example' };
    expect(await judge(mailFrom('ada@nopolicy.example'), client, { domain: 'nopolicy.example' })).toEqual({ verdict: 'pass', basis: 'spf' });
    expect(await judge(mailFrom('ada@nopolicy.example'), { ...client, address: '203.0.113.9' }, { domain: 'nopolicy.example' })).toEqual({ verdict: 'fail', basis: 'spf' });
    expect(await judge(mailFrom('ada@unheard.example'), stranger, { domain: 'unheard.example' })).toEqual({ verdict: 'none', basis: '' });
  });

  it('that makes its reader choose between two From fields passes for none of them', async () => {
    const signed = await example.sign(mailFrom('ada@example.org'));
    const { results, dmarcFrom } = await measure(`From: eve@evil.example\r\n${signed}`, stranger);
    expect(results.dmarc.result).not.toBe('pass');
    expect(dmarcFrom).not.toBe('example.org');
  });

  it.each([
    ['does not answer', 'ETIMEOUT'],
    ['refuses to answer', 'EREFUSED'],
  ])('is neither authentic nor forged while DNS %s', async (_, code) => {
    const { results } = await measure(await example.sign(mailFrom('ada@example.org')), own, dnsOf(() => Promise.reject(Object.assign(new Error(code), { code }))));
    expect(judgeAuthentication('example.org', results, false)).toEqual({ verdict: 'temperror', basis: '' });
  });

  it('is not measured where that would cost too much, but read to its end', async () => {
    const costly = [`${'DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=inkpost; h=from; bh=x; b=y; l=1\r\n'.repeat(11)}${mailFrom('ada@example.org')}`, mailFrom('ada@example.org', '\n'.repeat(200_000)), `X: ${'x'.repeat(300_000)}`];
    for (const mail of costly) {
      const content = Readable.from(pieces(mail));
      expect(await measureSender(content, own, dns())).toMatchObject({ results: { spf: { result: '' }, dmarc: { result: '' } } });
      expect(content.readableEnded).toBe(true);
    }
    expect(await measure('', own)).toMatchObject({ results: { dmarc: { result: '' } } });
  });

  it('costs little more when it comes byte by byte, and hides nothing so', async () => {
    const byByte = (mail: string) => Readable.from((function* () {
      for (const byte of Buffer.from(mail, 'latin1')) yield Buffer.of(byte);
    })());
    const signed = await example.sign(mailFrom('ada@example.org'));
    expect((await measureSender(byByte(signed), stranger, dns())).results.dkim).toEqual([{ result: 'pass', domain: 'example.org' }]);
    expect(await measureSender(byByte(mailFrom('ada@example.org', '\n'.repeat(60_000))), own, dns())).toMatchObject({ results: { spf: { result: '' } } });
    const startedAt = performance.now();
    await measureSender(byByte(`${`X: ${'x'.repeat(70)}\r\n`.repeat(2_600)}${mailFrom('ada@example.org')}`), own, dns());
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('a mail that a list changed', () => {
  const changedBy = async (sealer: SigningDomain, results = `mx.${sealer.domain}; dmarc=pass header.from=example.org`) =>
    sealer.seal((await example.sign(mailFrom('ada@example.org'))).replace('Please print.', 'Please print. -- The list'), results);

  it('passes when a trusted server sealed what it had received', async () => {
    expect(await judge(await changedBy(list), stranger)).toEqual({ verdict: 'fail', basis: 'dmarc' });
    expect(await judge(await changedBy(list), stranger, { trusted: ['mx.lists.example'] })).toEqual({ verdict: 'pass', basis: 'arc' });
    expect(await judge(await changedBy(list), stranger, { trusted: ['mx.other.example'] })).toEqual({ verdict: 'fail', basis: 'dmarc' });
  });

  it('does not pass when the trusted server did not see it pass, or saw another From', async () => {
    const trusted = ['mx.lists.example'];
    expect(await judge(await changedBy(list, 'mx.lists.example; dmarc=fail header.from=example.org'), stranger, { trusted })).toMatchObject({ verdict: 'fail' });
    expect(await judge(await changedBy(list, 'mx.lists.example; dmarc=pass header.from=evil.example'), stranger, { trusted })).toMatchObject({ verdict: 'fail' });
    expect(await judge(await changedBy(list, 'mx.evil.example; dmarc=pass header.from=example.org'), stranger, { trusted })).toMatchObject({ verdict: 'fail' });
  });

  it('passes through a second sealer only where both are trusted', async () => {
    const twice = await forwarder.seal(await changedBy(list), 'mx.forwarder.example; arc=pass; dmarc=fail header.from=example.org', 'pass');
    expect(await judge(twice, stranger, { trusted: ['mx.lists.example', 'mx.forwarder.example'] })).toEqual({ verdict: 'pass', basis: 'arc' });
    // Whoever sealed last may have changed it again.
    expect(await judge(twice, stranger, { trusted: ['mx.lists.example'] })).toMatchObject({ verdict: 'fail' });
  });

  it('does not pass when it was changed after the seal', async () => {
    const changed = (await changedBy(list)).replace('-- The list', '-- Somebody else');
    expect(await judge(changed, stranger, { trusted: ['mx.lists.example'] })).toMatchObject({ verdict: 'fail' });
  });
});
