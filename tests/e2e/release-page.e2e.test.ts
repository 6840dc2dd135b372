import { type Browser, chromium, type Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { findServer } from '@inkpost/testkit/server-process.js';
import { HELD_QUEUE, type Installation, install } from './installation.js';

describeWithServer('chromium', 'somebody beside the printer, with JavaScript off', () => {
  let inkpost: Installation;
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findServer('chromium', ['chromium']), args: ['--no-sandbox'] });
    return () => browser.close();
  });

  beforeAll(async () => {
    inkpost = await install('all');
    return () => inkpost.remove();
  });

  async function tablet(): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB', baseURL: `http://localhost:${inkpost.ports.http}` });
    return context.newPage();
  }

  const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
  const printedTimes = (sha256: string) => inkpost.printer.printed.filter((print) => print.sha256 === sha256).length;

  async function giveCode(page: Page, code: string): Promise<void> {
    await page.goto(`/release?at=${HELD_QUEUE}`);
    await page.getByLabel('Code', { exact: true }).fill(code);
    await page.getByRole('button', { name: 'Show my documents' }).click();
  }

  it('prints with the mailed code what was chosen, once, deletes the rest, and the code is good for nothing then', async () => {
    const [wanted, other] = [await inkpost.mailPdf({ from: 'ada@example.org', text: 'wanted' }), await inkpost.mailPdf({ from: 'ada@example.org', text: 'other' })];
    await inkpost.journeyWith(wanted.messageId, 'code-mailed');
    await inkpost.journeyWith(other.messageId, 'held');
    const code = await inkpost.codeFor('ada@example.org');
    const page = await tablet();
    await giveCode(page, code.toLowerCase());
    await heading(page, 'Your documents');
    await page.getByRole('checkbox').nth(1).uncheck();
    await page.getByRole('button', { name: 'Print', exact: true }).click();
    await page.getByText('1 document on the way to the printer.').waitFor();
    await inkpost.journeyWith(wanted.messageId, 'printed');
    await page.reload();
    await page.getByRole('link', { name: 'Back to your documents' }).click();
    await page.getByText('printed', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Yes, delete' }).click();
    await page.getByText('1 document deleted.').waitFor();
    const { steps } = await inkpost.journeyWith(other.messageId, 'canceled');
    expect(steps.find(({ step }) => step === 'canceled')?.detail).toContain('its owner deleted it');
    expect([printedTimes(wanted.sha256), printedTimes(other.sha256)]).toEqual([1, 0]);
    await page.getByRole('button', { name: 'Finish and sign out' }).click();
    await giveCode(page, code);
    await page.getByText('No document waits for this code.').waitFor();
  });

  it('prints with login and PIN where the printer\'s profile asks for them, and not with the code', async () => {
    await inkpost.rest.post('/api/v0/guests', { login: 'grace', displayName: 'Grace Hopper', addresses: ['grace@example.org'], pin: '4711' });
    const { messageId, sha256 } = await inkpost.mailPdf({ from: 'grace@example.org', text: 'confidential' });
    await inkpost.journeyWith(messageId, 'held');
    await inkpost.rest.post('/api/v0/release-profiles', { profileId: 'strict', name: 'With PIN', means: ['login-pin'], queueIds: [HELD_QUEUE] });
    const page = await tablet();
    await page.goto(`/release?at=${HELD_QUEUE}`);
    expect(await page.getByLabel('Code', { exact: true }).count()).toBe(0);
    // Elsewhere the page takes a code: the document's own printer decides.
    await page.goto('/release');
    expect(await page.getByLabel('Code', { exact: true }).count()).toBe(1);
    await page.goto(`/release?at=${HELD_QUEUE}`);
    await page.getByLabel('Login', { exact: true }).fill('grace');
    await page.getByLabel('PIN', { exact: true }).fill('0000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Login or PIN is wrong.').waitFor();
    await page.getByLabel('Login', { exact: true }).fill('GRACE');
    await page.getByLabel('PIN', { exact: true }).fill('4711');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Signed in as').waitFor();
    await page.getByRole('link', { name: /^Change how it is printed/ }).click();
    await page.getByLabel('black and white').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('black and white').waitFor();
    await page.getByRole('button', { name: 'Print', exact: true }).click();
    await page.getByText('1 document on the way to the printer.').waitFor();
    const { steps } = await inkpost.journeyWith(messageId, 'printed');
    expect(printedTimes(sha256)).toBe(1);
    expect(steps.find(({ step }) => step === 'released')?.detail).toContain('its owner signed in with login and PIN');
    await inkpost.rest.put('/api/v0/release-profiles/strict', { name: 'With PIN', means: ['login-pin'] });
    await inkpost.rest.delete('/api/v0/release-profiles/strict');
  });
});
