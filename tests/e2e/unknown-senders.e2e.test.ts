import { CheckingClient } from '@inkpost/gateway/rest.harness.js';
import type { ReceivedMail } from '@inkpost/testkit/mail-sink.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, install, PASSWORD } from './installation.js';

const GUEST = 'visitor@example.org';
const SPONSOR = 'grace@example.org';

let inkpost: Installation;
let client: CheckingClient;

beforeAll(async () => {
  inkpost = await install('all', async ({ http }) => ({ INKPOST_PUBLIC_URL: `http://127.0.0.1:${http}` }));
  client = new CheckingClient(`http://127.0.0.1:${inkpost.ports.http}`);
  expect((await client.signIn('maintenance', PASSWORD)).status).toBe(201);
});
afterAll(() => inkpost?.remove());

const conditions = (unknownSender: string, more: object = {}) => client.call('PUT', '/api/v0/acceptance-conditions', { acceptedDomains: ['example.org'], unknownSender, ...more });
const test = async (address: string) => (await client.call('POST', '/api/v0/acceptance-conditions/test', { address })).body;
const guests = async (search: string) => (await client.call('GET', `/api/v0/guests?search=${search}`)).body['guests'] as Readonly<Record<string, unknown>>[];
const LINK = /http:\/\/127\.0\.0\.1:\d+\/confirm\/[\w-]+\/[\w-]+/u;
const linkFor = async (address: string): Promise<string> => LINK.exec((await inkpost.sink.waitFor((mail: ReceivedMail) => mail.to.includes(address) && LINK.test(mail.text), 20_000)).text)?.[0] ?? '';

/** As a browser does: without a session, with the address that the form names. */
async function press(link: string, button: 'approve' | 'reject'): Promise<string> {
  const page = await (await fetch(link, { headers: { accept: 'text/html' } })).text();
  const action = new RegExp(`action="([^"]*/${button})"`, 'u').exec(page)?.[1] ?? 'no-such-button';
  return (await fetch(new URL(action, link), { method: 'POST', headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }, body: '' })).text();
}

describe('an unknown sender', () => {
  it('who confirms by the link becomes a guest, is mailed a code and prints; two mails ask once', async () => {
    await conditions('confirm');
    expect(await test(GUEST)).toMatchObject({ accepted: true, owner: { outcome: 'confirm' } });
    const first = await inkpost.mailPdf({ from: GUEST, text: 'The first' });
    const second = await inkpost.mailPdf({ from: GUEST, text: 'The second' });
    expect((await inkpost.journeyWith(first.messageId, 'confirmation-mailed')).answer).toMatch(/^Not printed yet\. No valid account has the address visitor@example\.org.*the sender is asked by mail to confirm, until/u);
    expect((await inkpost.journeyWith(second.messageId, 'sender-awaited')).answer).toContain('the sender was asked before to confirm');
    expect((await client.call('GET', '/api/v0/waiting-senders')).body).toMatchObject({ waitingSenders: [{ address: GUEST, policy: 'confirm', messages: [{ fileNames: ['document.pdf'] }, {}] }] });

    const link = await linkFor(GUEST);
    // A program that looks at mails opens all links: nothing happens.
    expect((await fetch(link)).status).toBe(200);
    expect(await guests(GUEST)).toEqual([]);
    expect(await press(link, 'approve')).toContain('Thank you, it is confirmed');

    for (const { messageId } of [first, second]) expect((await inkpost.journeyWith(messageId, 'code-mailed')).steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['sender-awaited', 'sender-approved', 'held']));
    expect(await guests(GUEST)).toMatchObject([{ origin: 'mail' }]);
    expect(inkpost.sink.mails.filter(({ to, text }) => to.includes(GUEST) && LINK.test(text))).toHaveLength(1);
    const code = await inkpost.codeFor(GUEST);
    expect((await client.call('POST', '/api/v0/release', { code })).status).toBe(200);
    for (const { messageId } of [first, second]) await inkpost.journeyWith(messageId, 'printed');
    expect(await test(GUEST)).toMatchObject({ owner: { outcome: 'guest', directory: 'guests' } });
    expect(await (await fetch(link)).text()).toContain('Thank you, it is confirmed');
  });

  it('for whom a sponsor vouches is that sponsor\'s guest', async () => {
    await conditions('sponsor', { sponsors: [SPONSOR] });
    const { messageId } = await inkpost.mailPdf({ from: 'second@example.org' });
    expect(await press(await linkFor(SPONSOR), 'approve')).toContain('second@example.org may print');
    await inkpost.journeyWith(messageId, 'code-mailed');
    expect(await guests('second@example.org')).toMatchObject([{ visitedPerson: SPONSOR }]);
  });

  it('whom an administrator refuses is told so, and the document is gone', async () => {
    await conditions('hold');
    const { messageId } = await inkpost.mailPdf({ from: 'third@example.org' });
    await inkpost.journeyWith(messageId, 'sender-awaited');
    const { waitingSenders: [waiting] } = (await client.call('GET', '/api/v0/waiting-senders')).body as { waitingSenders: { waitingId: string; address: string }[] };
    expect(waiting?.address).toBe('third@example.org');
    expect((await client.call('POST', `/api/v0/waiting-senders/${waiting?.waitingId}/reject`)).body).toEqual({ address: 'third@example.org', messages: 1 });
    const { answer } = await inkpost.journeyWith(messageId, 'owner-refused');
    expect(answer).toBe('Not printed: Nobody vouched for this e-mail address: third@example.org (decided by maintenance).');
    expect(await guests('third@example.org')).toEqual([]);
  });
});
