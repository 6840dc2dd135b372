import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeTestCertificate, type TestCertificate } from '@inkpost/testkit/test-certificate.js';
import { AUTHORITY_ANSWER_BYTES_MAX } from '../../limits.js';
import type { AuthorityClient } from '../../ports/authority.port.js';
import { OpenIdAuthority } from './openid-authority.adapter.js';

const client: AuthorityClient = { authority: 'office365', tenantId: 'tenant', clientId: 'client', clientSecret: 'never-shown', scopes: ['https://outlook.office.com/IMAP.AccessAsUser.All'] };

describe('an authority in trouble', () => {
  let certificate: TestCertificate;
  let server: Server;
  let origin: string;
  /** How a token is answered. */
  let answer: RequestListener;
  let discoveries = 0;
  let discoveryFails = false;

  beforeAll(async () => {
    certificate = await makeTestCertificate();
    server = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
      if (!request.url?.endsWith('openid-configuration')) return answer(request, response);
      discoveries += 1;
      if (discoveryFails) return void response.writeHead(500).end();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ issuer: request.url.startsWith('/tenant/') ? `${origin}/tenant/v2.0` : origin, authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` }));
    }).listen(0);
    await once(server, 'listening');
    const address = server.address();
    origin = `https://localhost:${typeof address === 'object' ? address?.port : ''}`;
    return () => {
      server.closeAllConnections();
      server.close();
    };
  });

  const authority = (certificates = certificate.ca, at = origin) => new OpenIdAuthority({ office365Authority: at, googleIssuer: at, certificates }, 1_500);

  it.each<[string, RequestListener, string, RegExp]>([
    ['answers with an error of its own', (_request, response) => void response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"temporarily_unavailable"}'), 'mailbox.authority-unreachable', /is in trouble: it answers with 503/],
    ['answers with a page', (_request, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'), 'mailbox.authority-unreachable', /is in trouble: it answers with 502/],
    ['wants fewer requests', (_request, response) => void response.writeHead(429).end(), 'mailbox.authority-unreachable', /answers with 429/],
    ['never answers', () => undefined, 'mailbox.authority-unreachable', /can't be reached: it does not answer/],
    ['breaks off', (request) => void request.socket.destroy(), 'mailbox.authority-unreachable', /can't be reached: it ended the connection/],
    ['breaks off in the middle of its answer', (_request, response) => void response.writeHead(200, { 'content-length': 1_000 }).end('{'.repeat(10), () => response.destroy()), 'mailbox.authority-unreachable', /ended the connection/],
    ['answers without end', (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(' '.repeat(AUTHORITY_ANSWER_BYTES_MAX + 1)), 'mailbox.authority-refused', /not understood: .*too long/],
    ['answers with what is no token', (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"token":"?"}'), 'mailbox.authority-refused', /not understood/],
    ['sends elsewhere', (_request, response) => void response.writeHead(302, { location: 'https://elsewhere.invalid/' }).end(), 'mailbox.authority-refused', /not understood/],
  ])('that %s is told apart from one that refuses', async (_name, how, code, text) => {
    answer = how;
    const failure = await authority().refresh(client, 'a-refresh-token').then(() => undefined, (error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(text) });
    expect(`${String((failure as Error).stack)}${JSON.stringify(failure)}`).not.toMatch(/never-shown|a-refresh-token/);
  });

  it('whose certificate nobody vouches for is not asked', async () => {
    await expect(authority('').refresh(client, 'a-refresh-token')).rejects.toMatchObject({ code: 'mailbox.authority-unreachable', message: expect.stringMatching(/^The certificate of localhost:\d+ is not trusted/) });
  });

  it('that shows a certificate of another host is told with both hosts', async () => {
    const foreign = origin.replace('localhost', '127.0.0.2');
    await expect(authority(certificate.ca, foreign).refresh(client, 'a-refresh-token')).rejects.toMatchObject({ message: expect.stringMatching(/^The certificate of 127\.0\.0\.2:\d+ is not trusted: it is for localhost, 127\.0\.0\.1, not for 127\.0\.0\.2: .*\?$/) });
  });

  it('whose name is unknown is named', async () => {
    await expect(authority('', 'https://no-such-host.invalid').refresh(client, 'a-refresh-token')).rejects.toMatchObject({ code: 'mailbox.authority-unreachable', message: expect.stringMatching(/^no-such-host\.invalid, which grants access to the mailbox, can't be reached: its name/) });
  });

  it.each([
    ['office365', { preferred_username: 'ada@example.org', upn: 'ada@example.org', email: 'boss@example.org', email_verified: true }, ['ada@example.org']],
    ['office365', { email: 'boss@example.org' }, []],
    ['google', { email: 'ada@example.org', email_verified: true, preferred_username: 'boss@example.org' }, ['ada@example.org']],
    ['google', { email: 'boss@example.org', email_verified: false }, []],
    ['google', { email: 'boss@example.org' }, []],
  ] as const)('says whose account it is in what it vouches for alone: %s %j', async (name, claims, names) => {
    const now = Math.floor(Date.now() / 1_000);
    const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');
    const idToken = `${part({ alg: 'RS256' })}.${part({ iss: name === 'google' ? origin : `${origin}/tenant/v2.0`, aud: 'client', sub: 'somebody', iat: now, exp: now + 60, ...claims })}.${part({})}`;
    answer = (_request, response) => void response.setHeader('content-type', 'application/json').end(JSON.stringify({ access_token: 't', token_type: 'Bearer', id_token: idToken }));
    expect((await authority().refresh({ ...client, authority: name }, 'a-refresh-token')).names).toEqual(names);
  });

  it('is asked about itself once for all, and again after a failure', async () => {
    answer = (_request, response) => void response.setHeader('content-type', 'application/json').end('{"access_token":"t","token_type":"Bearer","expires_in":60}');
    const own = authority();
    const before = discoveries;
    const all = await Promise.all(Array.from({ length: 10 }, () => own.grantToApplication(client)));
    expect([all.every(({ accessToken, accessTokenSeconds }) => accessToken === 't' && accessTokenSeconds === 60), discoveries - before]).toEqual([true, 1]);
    const other = authority();
    discoveryFails = true;
    await expect(other.grantToApplication(client)).rejects.toThrow(/answers with 500/);
    discoveryFails = false;
    expect(await other.grantToApplication(client)).toMatchObject({ accessToken: 't' });
  });
});
