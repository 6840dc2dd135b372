import { z } from 'zod';
import type { Language } from '../answer-route/browser.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import { html } from '../show-page/html.js';
import { frame, type Links, linksFrom } from './frame.js';
import { openingFields, page } from './page-routes.js';
import { RefusedWithPage } from './refusal-page.js';
import type { ReleaseDesk } from './release-desk.js';
import { addressOf } from './start-page.js';
import { wordsIn } from './words.js';

const [below, deep] = [linksFrom(1), linksFrom(2)];

interface ByMailView {
  readonly language: Language;
  readonly queueId: string;
  readonly notice?: string;
  readonly error?: string;
}

/** For who has no code at hand or forgot the PIN. The answer never says whether anybody has the address: the owners see to its time too. */
export function byMailRoutes({ release, pins }: Owners, desk: ReleaseDesk) {
  const form = { ...page(deep), method: 'POST', form: true, body: z.object({ ...openingFields, address: z.string().max(TEXT.address).default('') }) } as const;
  const answer = async (view: ByMailView, address: string, ask: () => Promise<unknown>): Promise<string> => {
    const { missing, sent } = wordsIn(view.language).byMail;
    if (address.trim() === '') throw new RefusedWithPage('invalid-request', 'The address is missing.', byMailPage({ ...view, error: missing }, deep));
    await ask();
    return byMailPage({ ...view, notice: sent }, deep);
  };
  return [
    route({
      ...page(below), method: 'GET', path: '/release/by-mail', operation: 'askForMail', query: z.object(openingFields),
      handle: async ({ query, ...client }) => {
        desk.ensureSafe(client);
        return byMailPage({ language: query.language ?? client.browser.language, queueId: query.at }, below);
      },
    }),
    route({
      ...form, path: '/release/by-mail/code', operation: 'askForCodeByMail',
      handle: async ({ body: { at, language, address }, source, caller, browser }) => answer({ language: language ?? browser.language, queueId: at }, address, () => release.requestCode({ address: address.trim(), source }, as(caller))),
    }),
    route({
      ...form, path: '/release/by-mail/pin', operation: 'askForPinLinkByMail',
      handle: async ({ body: { at, language, address }, source, caller, browser }) => answer({ language: language ?? browser.language, queueId: at }, address, () => pins.requestPinLink({ address: address.trim(), source }, as(caller))),
    }),
  ];
}

function byMailPage({ language, queueId, notice, error }: ByMailView, links: Links): string {
  const words = wordsIn(language);
  const { byMail } = words;
  return frame({
    language, title: byMail.title, error: error === undefined ? undefined : words.errorTitle,
    body: html`<main>
<h1>${byMail.title}</h1>
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>
`}${error !== undefined && html`<p class="error" role="alert" id="error">${error}</p>
`}<form method="post" action="${links.to('by-mail/code')}">
<input type="hidden" name="at" value="${queueId}"><input type="hidden" name="language" value="${language}">
<div class="field"><label for="address">${byMail.address}</label><p class="hint" id="hint">${byMail.hint}</p>
<input id="address" name="address" type="text" inputmode="email" autocomplete="email" autocapitalize="none" spellcheck="false" required maxlength="320"${error === undefined ? html` aria-describedby="hint"` : html` aria-invalid="true" aria-describedby="error"`}></div>
<button class="first">${byMail.code}</button><button formaction="${links.to('by-mail/pin')}">${byMail.pin}</button>
</form>
<p><a class="button" href="${addressOf(links.start, queueId, { language })}">${words.start}</a></p>
</main>`,
  });
}
