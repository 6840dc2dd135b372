import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { findServer } from '@inkpost/testkit/server-process.js';
import { GatewayHarness } from '../gateway.harness.js';
import { ReleaseOwners } from './release-desk.harness.js';

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: readonly unknown[];
}

describeWithServer('chromium', 'the page for releasing in a browser', () => {
  const owners = new ReleaseOwners();
  let harness: GatewayHarness;
  let browser: Browser;
  let axe: string;

  beforeAll(async () => {
    [browser, harness, axe] = await Promise.all([
      chromium.launch({ executablePath: findServer('chromium', ['chromium']), args: ['--no-sandbox'] }),
      GatewayHarness.start({ 'print-submit': owners.printSubmit, 'guest-account': owners.guestAccount }),
      readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8'),
    ]);
    return async () => {
      await browser.close();
      await harness.stop();
    };
  });

  beforeEach(() => owners.reset());

  /** A tablet beside a printer; with a script only where axe-core looks. */
  async function tablet(options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB', viewport: { width: 1024, height: 768 }, baseURL: harness.http, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(4_000);
    return { page, context };
  }

  async function signIn(page: Page): Promise<void> {
    await page.goto('/release?at=lobby&language=en');
    await page.getByLabel('Code', { exact: true }).fill('GOODGOOD');
    await page.getByRole('button', { name: 'Show my documents' }).click();
    await page.getByRole('heading', { name: 'Your documents', exact: true }).waitFor();
  }

  it('leads from code to paper, by keyboard and label alone, with JavaScript off', async () => {
    const [plan, notes] = [owners.hold('plan.pdf'), owners.hold('notes.pdf')];
    owners.hold('hers.pdf', { accountId: 'eve' });
    const { page, context } = await tablet();
    await page.goto('/release?at=lobby');
    // The field has the focus: a code can be typed at once, and Enter sends it.
    await page.keyboard.type('WRONGONE');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'No document waits for this code.' }).waitFor();
    expect(await page.title()).toBe('Error: Print your documents: Lobby – Inkpost');
    await page.keyboard.type('GOODGOOD');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your documents', exact: true }).waitFor();
    expect(page.url()).toBe(`${harness.http}/release`);
    expect(await page.getByRole('checkbox').count()).toBe(2);
    expect(await page.content()).not.toContain('hers.pdf');
    await page.getByLabel('notes.pdf', { exact: true }).uncheck();
    await page.getByRole('button', { name: 'Print', exact: true }).click();
    await page.getByText('1 document on the way to the printer.').waitFor();
    expect([plan.jobState, notes.jobState]).toEqual(['processing', 'pending-held']);
    await page.getByRole('link', { name: 'Back to your documents' }).click();
    await page.getByRole('heading', { name: 'On their way' }).waitFor();
    Object.assign(plan, { jobStateReason: 'media-empty' });
    await page.getByRole('link', { name: 'Look again' }).click();
    await page.getByText('is being printed: the printer has no paper').waitFor();
    await page.getByRole('button', { name: 'Finish and sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    expect(page.url()).toBe(`${harness.http}/release?at=lobby&said=ended&language=en`);
    expect(await context.cookies()).toEqual([]);
    await page.goBack();
    expect(await page.content()).not.toContain('plan.pdf');
    await context.close();
  });

  it('changes a document, and deletes another only when it was asked again', async () => {
    const [plan, wrong] = [owners.hold('plan.pdf'), owners.hold('wrong.pdf')];
    const { page, context } = await tablet();
    await signIn(page);
    await page.getByRole('link', { name: 'Change how it is printed: plan.pdf' }).click();
    await page.getByLabel('both sides', { exact: true }).check();
    await page.getByLabel('Copies').fill('9');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').filter({ hasText: 'fewer copies' }).waitFor();
    await page.getByLabel('both sides', { exact: true }).check();
    await page.getByLabel('Copies').fill('2');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('3 pages, colour, both sides, 2 copies').waitFor();
    expect([plan.copies, plan.sides]).toEqual([2, 'two-sided-long-edge']);
    await page.getByLabel('plan.pdf', { exact: true }).uncheck();
    for (const answer of ['No, keep', 'Yes, delete']) {
      await page.getByLabel('plan.pdf', { exact: true }).uncheck();
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { name: 'Delete for good?' }).waitFor();
      expect(wrong.jobState).toBe('pending-held');
      await page.getByText(answer).click();
      await page.waitForURL(/release$|delete-for-good$/);
    }
    await page.getByText('1 document deleted.').waitFor();
    expect([plan.jobState, wrong.jobState]).toEqual(['pending-held', 'canceled']);
    await context.close();
  });

  it('hides the documents by itself when nobody touches it, asks, goes on for who is there, and signs out who is not', async () => {
    owners.hold('plan.pdf');
    // So that the page asks after a second.
    owners.idleSeconds = 26;
    const { page, context } = await tablet();
    await signIn(page);
    await page.getByRole('heading', { name: 'Are you still there?' }).waitFor({ timeout: 10_000 });
    expect(await page.content()).not.toContain('plan.pdf');
    // Twenty seconds at least to answer (WCAG 2.2, 2.2.1), and the session waits as long.
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('25;url=ended');
    await page.keyboard.press('Enter');
    await page.getByText('plan.pdf').first().waitFor();
    await page.getByRole('heading', { name: 'Are you still there?' }).waitFor({ timeout: 10_000 });
    await page.goto('/release/ended');
    await page.getByText('You are signed out.').waitFor();
    expect(await context.cookies()).toEqual([]);
    await context.close();
  });

  it('speaks French or English, as the browser says or somebody chooses', async () => {
    owners.hold('plan.pdf');
    const { page, context } = await tablet({ locale: 'fr-FR' });
    await page.goto('/release');
    await page.getByRole('heading', { name: 'Imprimer vos documents' }).waitFor();
    await page.getByRole('link', { name: 'English' }).click();
    await signIn(page);
    await page.getByRole('link', { name: 'Français' }).click();
    await page.getByRole('heading', { name: 'Vos documents' }).waitFor();
    await page.getByRole('button', { name: 'Imprimer', exact: true }).click();
    await page.getByRole('heading', { name: 'Envoyé à l’imprimante' }).waitFor();
    await context.close();
  });

  it('can be used by everybody: axe-core finds nothing against WCAG 2.2 AA on any page, and a phone shows it without scrolling sideways', async () => {
    const plan = owners.hold('plan.pdf', { price: 1_250n, question: 'Really?' });
    owners.hold('on-its-way.pdf', { jobState: 'processing', jobStateReason: 'none' });
    owners.hold('done-with-a-very-long-title-without-any-space-between-that-nothing-can-break.pdf', { jobState: 'completed', jobStateReason: 'none' });
    const { page, context } = await tablet({ javaScriptEnabled: true, viewport: { width: 320, height: 640 } });
    const looked: string[] = [];
    const check = async () => {
      await page.evaluate(axe);
      // Of "meta-refresh" the page asks first, and waits for an answer: that is what 2.2.1 wants where a time limit is.
      const { violations, passes } = await page.evaluate<AxeResults>("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { 'meta-refresh': { enabled: false } } })");
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(passes.length).toBeGreaterThan(10);
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      looked.push(`${await page.locator('h1').textContent()} ${wide <= 320 ? 'fits' : wide}`);
    };
    await page.goto('/release?at=lobby');
    await check();
    await page.getByLabel('Code', { exact: true }).fill('WRONGONE');
    await page.getByRole('button', { name: 'Show my documents' }).click();
    await check();
    await signIn(page);
    await check();
    await page.getByRole('link', { name: 'Change how it is printed: plan.pdf' }).click();
    await check();
    await page.goto('/release/pause');
    await check();
    await page.goto('/release');
    await page.getByRole('button', { name: 'Delete' }).click();
    await check();
    await page.goto('/release');
    owners.refusals.set(plan.jobId, { reason: 'balance', problem: '' });
    await page.getByRole('button', { name: 'Print', exact: true }).click();
    await check();
    await page.goto(`/release/options/${'x'.repeat(65)}`);
    await check();
    await page.goto('/release/by-mail');
    await check();
    await page.goto('/release/account');
    await check();
    await page.getByLabel('Login').fill('ada');
    await page.getByLabel('Password').fill('Right-Passw0rd');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto('/release/account');
    await check();
    const titles = ['Print your documents: Lobby', 'Print your documents: Lobby', 'Your documents', 'How it is printed', 'Are you still there?', 'Delete for good?', 'Nothing is printed', 'This did not work', 'By mail', 'Your account', 'Your account'];
    expect(looked).toEqual(titles.map((title) => `${title} fits`));
    await context.close();
  });

  it('is found wanting by axe-core where something is wanting', async () => {
    const { page, context } = await tablet({ javaScriptEnabled: true });
    await page.goto('/release');
    await page.evaluate(axe);
    await page.evaluate("document.querySelector('label[for=code]').remove()");
    const { violations } = await page.evaluate<AxeResults>("axe.run({ runOnly: ['wcag2a'] })");
    expect(violations.map(({ id }) => id)).toContain('label');
    await context.close();
  });
});
