import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { type IdentityProvider, startIdentityProvider } from '@inkpost/testkit/identity-provider/identity-provider.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail } from '@inkpost/testkit/send-mail.js';
import { findServer } from '@inkpost/testkit/server-process.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { DIRECT_QUEUE, type Installation, install, PASSWORD } from './installation.js';

const microsoft = { address: 'print@contoso.test', password: 'print-secret' };
const google = { address: 'print@workspace.test', password: 'print-secret' };
const somebody = { address: 'ada@contoso.test', password: 'ada-secret' };

describeWithServer(['dovecot', 'chromium'], 'a mailbox whose owner consents in a browser', () => {
  let inkpost: Installation;
  let provider: IdentityProvider;
  let dovecot: DovecotServer;
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findServer('chromium', ['chromium']), args: ['--no-sandbox'] });
    return () => browser.close();
  });

  beforeAll(async () => {
    const folder = await temporaryFolder('authority');
    inkpost = await install('all', async ({ http }) => {
      const users = [microsoft, google, somebody];
      const publicUrl = `http://localhost:${http}`;
      provider = await startIdentityProvider({ users, publicUrl });
      dovecot = await startDovecot({ users, introspectionUrl: provider.introspectionUrl });
      await writeFile(join(folder.path, 'ca.pem'), provider.ca);
      return { INKPOST_PUBLIC_URL: publicUrl, INKPOST_OFFICE365_AUTHORITY: provider.authority, INKPOST_GOOGLE_ISSUER: provider.googleIssuer, INKPOST_AUTHORITY_CA_FILE: join(folder.path, 'ca.pem') };
    });
    return async () => {
      await inkpost.remove();
      await dovecot.remove();
      await provider.stop();
      await folder.remove();
    };
  });

  /** As the console does it: a page of the gateway's own begins. Gives where it is sent. */
  async function begin(page: Page, mailboxId: string): Promise<string> {
    await page.goto(`http://localhost:${inkpost.ports.http}/api/v0/docs`);
    return page.evaluate(async ({ mailboxId, password }) => {
      const signIn = await fetch('/api/v0/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ account: 'maintenance', password }) });
      const { token } = (await signIn.json()) as { token: string };
      const begun = await fetch(`/api/v0/mailboxes/${mailboxId}/association`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
      return ((await begun.json()) as { authorizationUrl: string }).authorizationUrl;
    }, { mailboxId, password: PASSWORD });
  }

  async function signIn(page: Page, { address, password }: typeof microsoft): Promise<void> {
    await page.fill('input[name=account]', address);
    await page.fill('input[name=password]', password);
    await page.click('button[type=submit]');
    await page.click('button[value=accept]');
    await page.waitForURL(/\/ack\?/);
  }

  async function pageIn(locale: string): Promise<Page> {
    const context = await browser.newContext({ locale, ignoreHTTPSErrors: true });
    // Of the documentation only the page counts here, as one of the gateway's own.
    await context.route(/\/docs\//, (route) => route.abort());
    return context.newPage();
  }

  async function deliver(address: string): Promise<string> {
    const { raw, messageId } = await composeMail({ from: 'ada@example.org', to: address, attachments: [{ filename: 'consented.pdf', content: samplePdf({ text: address }) }] });
    await dovecot.deliver({ from: 'ada@example.org', to: [address], raw });
    return messageId;
  }

  const server = () => ({ host: '127.0.0.1', port: dovecot.imapsPort, certificateAuthority: dovecot.ca });
  const heading = (page: Page) => page.textContent('h1');

  it('of Microsoft 365 is printed from once it is associated, and not before; another account and another browser are told so', async () => {
    const { clientId, clientSecret } = provider.office365;
    const { mailboxId } = await inkpost.rest.post<{ mailboxId: string }>('/api/v0/mailboxes', {
      address: microsoft.address, kind: 'office365', queueId: DIRECT_QUEUE, office365: { ...server(), tenantId: provider.tenantId, clientId, clientSecret, access: 'delegated' },
    });
    const stateOf = () => inkpost.rest.get<{ state: string }>(`/api/v0/mailboxes/${mailboxId}`).then(({ state }) => state);
    await expect.poll(stateOf).toBe('needs-association');
    const messageId = await deliver(microsoft.address);

    const page = await pageIn('en-GB');
    await page.goto(await begin(page, mailboxId));
    await signIn(page, somebody);
    expect(await heading(page)).toBe('Another account signed in');
    expect(await page.textContent('p')).toContain(`${somebody.address} signed in, but the mailbox is ${microsoft.address}`);

    const fresh = await pageIn('en-GB');
    const url = await begin(fresh, mailboxId);
    // Still signed in there as somebody, who has consented already.
    await page.goto(url);
    expect(await heading(page)).toBe('Another browser began this sign-in');
    await fresh.goto(url);
    await signIn(fresh, microsoft);
    expect(await heading(fresh)).toBe('Account associated successfully');
    await fresh.reload();
    expect(await heading(fresh)).toBe('This sign-in was used already');

    await inkpost.journeyWith(messageId, 'printed');
    await expect.poll(stateOf).toBe('connected');
    expect(await inkpost.rest.get(`/api/v0/mailboxes/${mailboxId}/association`)).toMatchObject({ state: 'associated', account: microsoft.address, associatedBy: 'maintenance' });
  });

  it('of Google Workspace, with the installation\'s client, is told in French', async () => {
    const { clientId, clientSecret } = provider.google;
    await inkpost.rest.put('/api/v0/mail-clients/google', { clientId, clientSecret });
    const { mailboxId } = await inkpost.rest.post<{ mailboxId: string }>('/api/v0/mailboxes', { address: google.address, kind: 'google', queueId: DIRECT_QUEUE, google: server() });
    const page = await pageIn('fr-FR');
    await page.goto(`http://localhost:${inkpost.ports.http}/api/v0/oauth/google/ack?code=stolen&state=made-up`);
    expect(await heading(page)).toBe('Cette connexion est inconnue');
    await page.goto(await begin(page, mailboxId));
    await signIn(page, google);
    expect(await heading(page)).toBe('Compte associé avec succès');
    await inkpost.journeyWith(await deliver(google.address), 'printed');
  });
});
