import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeAgent, readRetryAfter } from '@inkpost/server-connection/https-exchange.js';
import { type GraphStandIn, startGraphStandIn } from '@inkpost/testkit/graph-stand-in/graph-stand-in.js';
import { makeTestCertificate } from '@inkpost/testkit/test-certificate.js';
import { GraphClient, type GraphClientOptions, type GraphPauses } from './graph-client.js';

const address = 'print@inkpost.test';

describe('a client of Graph', () => {
  let graph: GraphStandIn;
  const pauses: GraphPauses = new Map();
  const lines: string[] = [];

  beforeAll(async () => {
    graph = await startGraphStandIn({ addresses: [address], authorize: (token) => (token === 'a-secret-token' ? { user: address, mayWrite: true } : undefined) });
    return () => graph.stop();
  });
  afterEach(() => {
    graph.heal();
    pauses.clear();
    lines.splice(0);
  });

  const clientOf = (own: Partial<GraphClientOptions> = {}): GraphClient => new GraphClient({
    baseUrl: graph.url, agent: makeAgent(graph.ca), account: { address, access: 'delegated' }, accessToken: async () => 'a-secret-token', pauses,
    signal: new AbortController().signal, silenceMaxMs: 5_000, trace: (line) => void lines.push(line), ...own,
  });
  const explained = async (client: GraphClient, path = '/mailFolders'): Promise<Error> => client.get(path).then(() => new Error('it answered'), (error: unknown) => client.explain(error));
  const inbox = '/mailFolders/inbox';

  it('comes again when Graph wants it to, neither sooner nor with other requests', async () => {
    const client = clientOf();
    graph.fail(/mailFolders/, { status: 429, code: 'ApplicationThrottled', headers: { 'retry-after': '1' } });
    const before = graph.requests.length;
    const first = client.get(inbox);
    await expect.poll(() => pauses.size).toBe(1);
    await Promise.all([first, client.get(inbox), clientOf().get(inbox)]);
    const [refused, ...others] = graph.requests.slice(before).map(({ at }) => at);
    expect(others).toHaveLength(3);
    for (const at of others) expect(at - (refused ?? 0)).toBeGreaterThan(990);
  });

  it('is patient without being told how long, and gives up after some tries', async () => {
    const client = clientOf({ account: { address, access: 'delegated' } });
    graph.fail(/mailFolders/, { status: 503 });
    expect(await client.get(inbox)).toMatchObject({ displayName: 'Boîte de réception' });
    graph.fail(/mailFolders/, { status: 503, headers: { 'retry-after': '0' } }, 20);
    const before = graph.requests.length;
    expect(await explained(client)).toMatchObject({ code: 'mailbox.throttled' });
    expect(graph.requests.length - before).toBe(4);
  });

  it('sends nothing during a long pause, not even when it is asked anew, and says how long it is', async () => {
    graph.fail(/mailFolders/, { status: 429, headers: { 'retry-after': '300' } });
    const before = graph.requests.length;
    expect(await explained(clientOf())).toMatchObject({ code: 'mailbox.throttled', message: expect.stringMatching(/wants none for (?:300|299) s/) });
    expect(await explained(clientOf())).toMatchObject({ code: 'mailbox.throttled' });
    expect(graph.requests.length - before).toBe(1);
  });

  it('stops waiting when it is ended', async () => {
    const ending = new AbortController();
    const client = clientOf({ signal: ending.signal });
    graph.fail(/mailFolders/, { status: 429, headers: { 'retry-after': '4' } });
    const waiting = explained(client);
    await expect.poll(() => pauses.size).toBe(1);
    const began = performance.now();
    ending.abort();
    expect(await waiting).toMatchObject({ code: 'mailbox.connection-lost' });
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('does not wait for ever for a server that is silent, before its answer or in the midst of it', async () => {
    const client = clientOf({ silenceMaxMs: 200 });
    graph.fail(/mailFolders/, { afterBytes: 0, andThen: 'silence' });
    expect(await explained(client)).toMatchObject({ code: 'mailbox.server-unreachable', message: expect.stringContaining('does not answer') });
    graph.fail(/mailFolders/, { afterBytes: 10, andThen: 'silence' });
    expect(await explained(client)).toMatchObject({ code: 'mailbox.server-unreachable' });
    const { immutableId } = graph.mailbox(address).deliver(`Subject: x\r\n\r\n${'x'.repeat(100_000)}`);
    graph.fail(/value/, { afterBytes: 50_000, andThen: 'silence' });
    await expect(buffer(client.download(`/messages/${immutableId}/$value`))).rejects.toMatchObject({ code: 'mailbox.server-unreachable' });
  });

  it('keeps its connections, and uses another one when a kept one was ended', async () => {
    const client = clientOf();
    for (let n = 0; n < 5; n += 1) await client.get(inbox);
    expect(new Set(graph.requests.slice(-5).map(({ connection }) => connection)).size).toBe(1);
    graph.endConnectionsBeforeNextAnswer();
    expect(await client.get(inbox)).toMatchObject({ displayName: 'Boîte de réception' });
  });

  it('takes its token to no other server', async () => {
    expect(await explained(clientOf(), 'https://other.example/v1.0/me/messages/delta?$deltatoken=x')).toMatchObject({ code: 'mailbox.server-failing', message: expect.stringContaining('another server') });
    graph.fail(/mailFolders/, { status: 302, headers: { location: 'https://other.example/' } });
    expect(await explained(clientOf())).toMatchObject({ code: 'mailbox.server-failing', message: expect.stringContaining('302') });
  });

  it('tells what is wrong with the way to it', async () => {
    expect(await explained(clientOf({ agent: makeAgent() }))).toMatchObject({ code: 'mailbox.certificate-untrusted' });
    expect(await explained(clientOf({ baseUrl: 'https://127.0.0.1:1' }))).toMatchObject({ code: 'mailbox.server-unreachable', message: expect.stringContaining('refuses connections') });
    expect(await explained(clientOf({ baseUrl: 'https://no-such-host.invalid' }))).toMatchObject({ code: 'mailbox.server-unreachable' });
    graph.fail(/mailFolders/, { status: 500, code: 'InternalServerError' });
    expect(await explained(clientOf())).toMatchObject({ code: 'mailbox.server-failing', message: expect.stringContaining('500 (InternalServerError)'), fields: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
  });

  it('is not misled by something that is no Graph', async () => {
    const { ca, certificate, key } = await makeTestCertificate();
    const answers = ['<html>Sign in to the network</html>', `"${'x'.repeat(9 * 1024 * 1024)}"`];
    const portal = createServer({ cert: certificate, key }, (_request, response) => response.end(answers.shift())).listen(0, '127.0.0.1');
    await once(portal, 'listening');
    const client = clientOf({ baseUrl: `https://127.0.0.1:${(portal.address() as AddressInfo).port}`, agent: makeAgent(ca) });
    expect(await explained(client)).toMatchObject({ code: 'mailbox.server-failing', message: expect.stringContaining('no JSON') });
    expect(await explained(client)).toMatchObject({ code: 'mailbox.server-failing', message: expect.stringContaining('too long') });
    portal.closeAllConnections();
    portal.close();
  });

  it('tells its conversation without the token and without the mails', async () => {
    const client = clientOf();
    const { immutableId } = graph.mailbox(address).deliver('Subject: x\r\n\r\nconfidential');
    await client.change('PATCH', `/messages/${immutableId}`, { isRead: true });
    await buffer(client.download(`/messages/${immutableId}/$value`));
    await explained(client, '/messages/missing');
    expect(lines).toEqual([
      `> PATCH /v1.0/me/messages/${immutableId} {"isRead":true}`, expect.stringMatching(/^< 200 OK request-id: [0-9a-f-]{36}$/),
      `> GET /v1.0/me/messages/${immutableId}/$value`, expect.stringMatching(/^< 200 OK/), '< 26 bytes of a mail',
      '> GET /v1.0/me/messages/missing', expect.stringMatching(/^< 404 Not Found/), '< ErrorItemNotFound The specified object was not found in the store.',
    ]);
  });
});

describe('the time that Retry-After gives', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (header, expected) => expect(readRetryAfter(header, now)).toBe(expected));
});
