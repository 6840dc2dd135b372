import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type SignOnProvider, startSignOnProvider } from '@inkpost/testkit/identity-provider/sign-on-provider.js';
import { findServer } from '@inkpost/testkit/server-process.js';
import { type Installation, install } from './installation.js';

const ada = { address: 'ada@corp.example', password: 'ada-secret', claims: { preferred_username: 'ada@corp.example', groups: ['Print operators'] } };
const stranger = { address: 'eve@corp.example', password: 'eve-secret', claims: { preferred_username: 'eve@corp.example' } };

interface SentInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly credentials?: 'include';
  readonly mode?: 'no-cors';
}

describeWithServer('chromium', 'somebody with a browser', () => {
  let inkpost: Installation;
  let provider: SignOnProvider;
  let browser: Browser;
  let evilSite: Server;
  /** Where people open Inkpost. */
  let home: string;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findServer('chromium', ['chromium']), args: ['--no-sandbox'] });
    evilSite = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end('<!doctype html><title>Win a printer</title>'));
    evilSite.listen(0, '127.0.0.1');
    await once(evilSite, 'listening');
    return async () => {
      evilSite.close();
      await browser.close();
    };
  });

  beforeAll(async () => {
    inkpost = await install('all', async ({ http }) => {
      home = `http://localhost:${http}`;
      provider = await startSignOnProvider({ users: [ada, stranger], redirectUris: [`${home}/api/v0/session/oidc/callback`], signOutRedirectUris: [`${home}/`] });
      return { INKPOST_PUBLIC_URL: home };
    });
    const { directoryId } = await inkpost.rest.post<{ directoryId: string }>('/api/v0/directories', { name: 'STAFF', kind: 'local' });
    await inkpost.rest.post(`/api/v0/directories/${directoryId}/people`, { login: 'ada', displayName: 'Ada Lovelace', addresses: ['ada@corp.example'] });
    await inkpost.rest.post('/api/v0/security-profiles', { name: 'Desk', rights: ['configuration.read', 'configuration.write'], members: [{ name: 'Print operators' }] });
    const settings = { name: 'Corp', issuer: provider.issuer, clientId: provider.clientId, clientSecret: provider.clientSecret, loginDomain: 'corp.example', groupsClaim: 'groups', directoryId, certificateAuthority: provider.ca };
    await inkpost.rest.put('/api/v0/single-sign-on', settings);
    expect(await inkpost.rest.post('/api/v0/single-sign-on/test', {})).toMatchObject({ passed: true });
    return async () => {
      await inkpost.remove();
      await provider.stop();
    };
  });

  async function newPage(): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-GB', ignoreHTTPSErrors: true });
    // Of the documentation only the page counts here, as one of the gateway's own.
    await context.route(/\/docs\//, (route) => route.abort());
    return context.newPage();
  }

  async function signIn(page: Page, { address, password }: typeof stranger): Promise<void> {
    await page.goto(`${home}/api/v0/session/oidc?returnTo=/api/v0/docs`);
    await page.fill('input[name=account]', address);
    await page.fill('input[name=password]', password);
    await page.click('button[type=submit]');
    await page.click('button[value=accept]');
  }

  /** From a script of the page that is open: the status, or 0 where the browser lets nobody see the answer. */
  const send = (page: Page, path: string, init: SentInit): Promise<{ status: number; body: unknown }> =>
    page.evaluate(async ({ url, request }) => fetch(url, request).then(async (answer) => ({ status: answer.status, body: await answer.json().catch(() => null) as unknown }), () => ({ status: 0, body: null })), { url: `${home}${path}`, request: init });

  const whoIsSignedIn = async (page: Page) => (await send(page, '/api/v0/session', {})).body;

  async function lastEntry(action: string): Promise<{ actor: string; status: number } | undefined> {
    const { entries } = await inkpost.rest.get<{ entries: { actor: string; status: number }[] }>(`/api/v0/audit?limit=1&action=${encodeURIComponent(action)}`);
    return entries[0];
  }

  it('signs in at the organisation\'s server, works with the rights of the groups that it vouches for, and signs out there too', async () => {
    const page = await newPage();
    await signIn(page, ada);
    await page.waitForURL(`${home}/api/v0/docs`);
    expect(await whoIsSignedIn(page)).toMatchObject({ account: 'STAFF\\ada', kind: 'person', rights: ['configuration.read', 'configuration.write'] });
    expect(await page.evaluate('document.cookie')).toBe('');
    const finishing = JSON.stringify({ colorMode: 'monochrome', sides: 'one-sided' });
    const change = (headers: Record<string, string>) => send(page, '/api/v0/finishing', { method: 'PUT', body: finishing, headers: { 'content-type': 'application/json', ...headers } });
    expect([(await change({})).status, (await change({ 'x-inkpost-csrf': '1' })).status]).toEqual([403, 200]);
    expect(await lastEntry('PUT /api/v0/finishing')).toMatchObject({ actor: 'STAFF\\ada', status: 200 });
    const { body } = await send(page, '/api/v0/session/oidc/sign-out', { method: 'POST', headers: { 'x-inkpost-csrf': '1' } });
    expect((await send(page, '/api/v0/session', {})).status).toBe(401);
    await page.goto((body as { signOutUrl: string }).signOutUrl);
    expect(new URL(page.url()).origin).toBe(provider.issuer);
  });

  it('whom the directory does not know is told so, and signed in nowhere', async () => {
    const page = await newPage();
    await signIn(page, stranger);
    await page.waitForURL(/callback/);
    expect(await page.textContent('h1')).toBe('You have no account here');
    expect((await page.context().cookies(home)).map(({ name }) => name)).not.toContain('inkpost');
    await page.goto(`${home}/api/v0/docs`);
    expect((await send(page, '/api/v0/session', {})).status).toBe(401);
  });

  it.each([
    // Another port of the same host is the same site to a browser: it sends the cookie along.
    ['the same site', 'localhost', 403],
    ['another site', '127.0.0.1', 401],
  ])('who opens a page of %s changes nothing by that, whatever the page sends', async (_what, host, status) => {
    const page = await newPage();
    await signIn(page, ada);
    await page.waitForURL(`${home}/api/v0/docs`);
    const evil = await page.context().newPage();
    await evil.goto(`http://${host}:${(evilSite.address() as AddressInfo).port}/`);
    await send(evil, '/api/v0/session/oidc/sign-out', { method: 'POST', credentials: 'include', mode: 'no-cors' });
    expect(await lastEntry('sign-out')).toMatchObject({ actor: 'anonymous', status });
    // A field of our own must be asked for first, and nobody is let to.
    expect((await send(evil, '/api/v0/session/oidc/sign-out', { method: 'POST', credentials: 'include', headers: { 'x-inkpost-csrf': '1' } })).status).toBe(0);
    await evil.setContent(`<form method="post" action="${home}/api/v0/session/oidc/sign-out"><button>Win a printer</button></form>`);
    await evil.click('button');
    await evil.waitForURL(/sign-out/);
    expect(await lastEntry('sign-out')).toMatchObject({ actor: 'anonymous', status });
    // Nor can it read what the cookie would let it see.
    await evil.goto(`http://${host}:${(evilSite.address() as AddressInfo).port}/`);
    expect((await send(evil, '/api/v0/queues', { credentials: 'include' })).status).toBe(0);
    expect(await whoIsSignedIn(page)).toMatchObject({ account: 'STAFF\\ada' });
  });
});
