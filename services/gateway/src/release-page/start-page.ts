import type { Language } from '../answer-route/browser.js';
import { html, type Html } from '../show-page/html.js';
import { frame, type Links } from './frame.js';
import type { Means } from './release-session.js';
import { wordsIn } from './words.js';

/** What a release point asks for, and how the page was opened there. */
export interface StartView {
  readonly language: Language;
  /** The queue of the address that was opened; empty: none. */
  readonly queueId: string;
  readonly queueName: string;
  readonly means: readonly Means[];
  /** Where a phone goes on: the address in the QR code. */
  readonly phoneUrl: string;
  readonly notice?: string;
  /** What was wrong with what was typed, and by which means. */
  readonly error?: { readonly means: Means; readonly text: string };
}

/** Asks who somebody is. */
export function startPage(view: StartView, links: Links): string {
  const { language, queueName, means, notice, error } = view;
  const words = wordsIn(language);
  const title = queueName === '' ? words.start : words.startAt(queueName);
  return frame({
    language, title, error: error && words.errorTitle,
    body: html`<header>
<span>Inkpost</span>
${languageLink(view, links)}
</header>
<main>
<h1>${title}</h1>
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>
`}${error && html`<p class="error" role="alert" id="error">${error.text}</p>
`}${means.length === 0 && html`<p>${words.noMeans}</p>
`}${means.map((each, index) => section(each, view, links, index === 0))}${phone(view, links)}<p><a href="${addressOf(links.to('by-mail'), view.queueId, { language })}">${words.byMail.link}</a></p>
<p><a href="${addressOf(links.to('account'), view.queueId, { language })}">${words.account.link}</a></p>
</main>`,
  });
}

function languageLink({ language, queueId }: StartView, links: Links): Html {
  const [other, name] = language === 'fr' ? ['en', 'English'] : ['fr', 'Français'];
  return html`<a href="${addressOf(links.start, queueId, { language: other })}" lang="${other}" hreflang="${other}">${name}</a>`;
}

/** `/release` with what it was opened with. */
export function addressOf(start: string, queueId: string, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...(queueId === '' ? {} : { at: queueId }), ...more }).toString();
  return query === '' ? start : `${start}?${query}`;
}

function section(means: Means, view: StartView, links: Links, isFirst: boolean): Html {
  const words = wordsIn(view.language);
  const isWrong = view.error?.means === means;
  const wrong = isWrong && html` aria-invalid="true" aria-describedby="error"`;
  const focus = (view.error ? isWrong : isFirst) && html` autofocus`;
  const hidden = html`<input type="hidden" name="at" value="${view.queueId}"><input type="hidden" name="language" value="${view.language}">`;
  const typed = (id: string, label: string, rest: Html) => html`<div class="field"><label for="${id}">${label}</label>
<input id="${id}" type="text" required autocomplete="off" spellcheck="false"${wrong}${focus}${rest}></div>`;
  const pin = (id: string) => html`<div class="field"><label for="${id}">${words.pin}</label>
<input id="${id}" name="pin" type="password" inputmode="numeric" required autocomplete="off" maxlength="64"${wrong}></div>`;
  const form = (path: string, heading: string, fields: Html, button: string) => html`<section aria-labelledby="by-${means}">
<h2 id="by-${means}">${heading}</h2>
<form method="post" action="${links.to(path)}">
${hidden}
${fields}
<button class="first">${button}</button>
</form>
</section>
`;
  const { code, login, card } = words;
  const forms: Readonly<Record<Means, () => Html>> = {
    puk: () => form('code', code.heading, html`<p class="hint" id="code-hint">${code.hint}</p>
${typed('code', code.label, html` name="code" maxlength="64" autocapitalize="characters"`)}`, code.button),
    'login-pin': () => form('login', login.heading, html`${typed('login', login.label, html` name="login" maxlength="320" autocapitalize="none"`)}
${pin('login-pin')}`, login.button),
    'card-pin': () => form('card', card.heading, html`<p class="hint">${card.hint}</p>
${typed('card', card.label, html` name="card" maxlength="200" autocapitalize="none"`)}
${pin('card-pin')}`, card.button),
  };
  return forms[means]();
}

function phone({ language, queueId, phoneUrl }: StartView, links: Links): Html {
  const { heading, text, alternative } = wordsIn(language).phone;
  return html`<section class="phone" aria-labelledby="phone">
<h2 id="phone">${heading}</h2>
<p>${text}</p>
<img class="qr" src="${addressOf(links.to('qr.svg'), queueId)}" alt="${alternative} ${phoneUrl}" width="176" height="176">
</section>
`;
}
