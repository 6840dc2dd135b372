import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { GetStandingResponse } from '@inkpost/contracts/admin/v1/charging_pb.js';
import type { GetOwnPinResponse } from '@inkpost/contracts/admin/v1/identification_pb.js';
import type { OwnDocument } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import type { Language } from '../answer-route/browser.js';
import { present } from '../answer-route/fields.js';
import { html, type Html } from '../show-page/html.js';
import { becameOf, sessionPage, type SessionView } from './documents-page.js';
import { frame, type Links } from './frame.js';
import { addressOf } from './start-page.js';
import { momentIn, priceIn, wordsIn } from './words.js';

/** Asks who wants to see the own account. */
export function passwordPage({ language, queueId, error }: { readonly language: Language; readonly queueId: string; readonly error?: string }, links: Links): string {
  const words = wordsIn(language);
  const wrong = error !== undefined && html` aria-invalid="true" aria-describedby="error"`;
  return frame({
    language, title: words.account.title, error: error === undefined ? undefined : words.errorTitle,
    body: html`<main>
<h1>${words.account.title}</h1>
${error !== undefined && html`<p class="error" role="alert" id="error">${error}</p>
`}<form method="post" action="${links.to('account/sign-in')}">
<input type="hidden" name="at" value="${queueId}"><input type="hidden" name="language" value="${language}">
<div class="field"><label for="login">${words.login.label}</label>
<input id="login" name="login" type="text" required autofocus autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="320"${wrong}></div>
<div class="field"><label for="password">${words.account.password}</label>
<input id="password" name="password" type="password" required autocomplete="current-password" maxlength="1024"${wrong}></div>
<button class="first">${words.account.button}</button><a class="button" href="${addressOf(links.start, queueId, { language })}">${words.start}</a>
</form>
</main>`,
  });
}

/** What somebody's own account shows. */
export interface AccountView {
  readonly pin: GetOwnPinResponse;
  readonly standing: GetStandingResponse;
  readonly history: readonly OwnDocument[];
  readonly nextCursor: string;
  readonly notice?: string;
  readonly error?: string;
}

/** What was printed, what is left, and the PIN: for who signed in by name, never by a code alone. */
export function accountPage(view: SessionView, { pin, standing, history, nextCursor, notice, error }: AccountView): string {
  const { session: { language }, links } = view;
  const words = wordsIn(language);
  return sessionPage(view, {
    title: words.account.title, error,
    content: html`${notice !== undefined && html`<p class="notice" role="status">${notice}</p>
`}${standingOf(standing, language)}${pinForm(pin, language, links, error !== undefined)}<section aria-labelledby="history">
<h2 id="history">${words.account.history}</h2>
${history.length === 0 && html`<p>${words.account.nothingPrinted}</p>
`}<ul class="plain">
${history.map((document) => former(document, language))}</ul>
${nextCursor !== '' && html`<p><a class="button" href="${links.to('account')}?after=${encodeURIComponent(nextCursor)}">${words.account.older}</a></p>
`}</section>
<p><a class="button first" href="${links.start}">${words.back}</a></p>
`,
  });
}

function standingOf({ currency, balance, quotas }: GetStandingResponse, language: Language): Html | false {
  const { left, balance: balanceText, quota: quotaText, impressions, periods } = wordsIn(language).account;
  const kept = balance && balance.mode !== 'off' ? balance : undefined;
  const limits = quotas.filter(({ quota }) => quota && quota.mode !== 'off');
  const count = (unit: string, amount: bigint) => (unit === 'money' ? priceIn(language, amount, currency) : impressions(new Intl.NumberFormat(language).format(amount)));
  return (kept !== undefined || limits.length > 0) && html`<section aria-labelledby="left">
<h2 id="left">${left}</h2>
${kept && html`<p>${balanceText(priceIn(language, kept.amount, currency))}</p>
`}${limits.map(({ quota, used }) => quota && html`<p>${quotaText(`${quota.name} (${periods[quota.period] ?? quota.period})`, count(quota.unit, used), count(quota.unit, quota.amount))}</p>
`)}</section>
`;
}

function pinForm({ hasPin, policy }: GetOwnPinResponse, language: Language, links: Links, isWrong: boolean): Html {
  const { account } = wordsIn(language);
  const digits = present(policy, 'policy').lengthMin;
  const field = (id: string, label: string) => html`<div class="field"><label for="${id}">${label}</label>
<input id="${id}" name="${id}" type="password" inputmode="numeric" required autocomplete="off" maxlength="64"${isWrong && html` aria-invalid="true" aria-describedby="error"`}></div>
`;
  return html`<section aria-labelledby="pin-heading">
<h2 id="pin-heading">${account.pin}</h2>
<p>${hasPin ? account.hasPin : account.noPin}</p>
<form method="post" action="${links.to('account/pin')}">
${field('pin', account.newPin(digits))}${field('again', account.again)}<button>${account.setPin}</button>
</form>
</section>
`;
}

function former(document: OwnDocument, language: Language): Html {
  const words = wordsIn(language);
  const { fileName, jobState, jobStateReason, completedAt, price, currency } = present(document.job, 'job');
  return html`<li class="document"><strong>${fileName}</strong>
<div class="about"><p>${becameOf(jobState, jobStateReason, language)}${completedAt && `, ${momentIn(language, timestampDate(completedAt))}`}</p>
<p>${words.printedAt(document.queueName)}</p>
${jobState === 'completed' && price > 0n && html`<p>${words.price(priceIn(language, price, currency))}</p>
`}</div></li>
`;
}
