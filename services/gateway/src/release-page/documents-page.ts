import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { OwnDocument } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import type { Job } from '@inkpost/contracts/admin/v1/print_pb.js';
import type { Language } from '../answer-route/browser.js';
import { present } from '../answer-route/fields.js';
import { html, type Html, withColon } from '../show-page/html.js';
import { LIMITS } from '../limits.js';
import { frame, type Links } from './frame.js';
import type { ReleaseSession } from './release-session.js';
import { addressOf } from './start-page.js';
import { momentIn, priceIn, wordsIn } from './words.js';

export interface SessionView {
  readonly session: ReleaseSession;
  readonly links: Links;
}

interface SessionFrame {
  readonly title: string;
  readonly error?: string | undefined;
  readonly content: Html;
}

/** A page of somebody who is signed in: with the way out, and left by itself when nobody touches it. */
export function sessionPage({ session, links }: SessionView, { title, error, content }: SessionFrame): string {
  const { language, account, idleSeconds, queueId } = session;
  const words = wordsIn(language);
  const [other, name] = language === 'fr' ? ['en', 'English'] : ['fr', 'Français'];
  return frame({
    language, title, error: error && words.errorTitle,
    refresh: { seconds: idleSeconds - LIMITS.releaseWarnSeconds, to: links.to('pause') },
    body: html`<header>
<span>${account === '' ? 'Inkpost' : words.signedInAs(account)}</span>
${account !== '' && html`<a href="${links.to('account')}">${words.account.title}</a>
`}<a href="${addressOf(links.start, queueId, { language: other })}" lang="${other}" hreflang="${other}">${name}</a>
</header>
<main>
<h1>${title}</h1>
${error !== undefined && html`<p class="error" role="alert" id="error">${error}</p>
`}${content}</main>
<footer>
${endForm(session, links)}
</footer>`,
  });
}

export function endForm({ language }: ReleaseSession, links: Links): Html {
  return html`<form method="post" action="${links.to('end')}"><button>${wordsIn(language).finish}</button></form>`;
}

/** What waits, with what to do with it; what is on its way; what is done. */
export function documentsPage(view: SessionView, documents: readonly OwnDocument[], error?: string): string {
  const { session, links } = view;
  const words = wordsIn(session.language);
  const inState = (...states: readonly string[]) => documents.filter(({ job }) => states.includes(present(job, 'job').jobState));
  const waiting = inState('pending-held');
  const moving = inState('pending', 'processing', 'processing-stopped');
  const done = inState('completed', 'canceled', 'aborted');
  return sessionPage(view, {
    title: words.documents, error,
    content: html`<section aria-labelledby="waiting">
<h2 id="waiting">${words.waiting}</h2>
${waiting.length === 0 ? html`<p>${words.nothingWaits}</p>` : waitingForm(view, waiting)}
</section>
${moving.length > 0 && html`<section aria-labelledby="moving">
<h2 id="moving">${words.onTheWay}</h2>
<ul class="plain">
${moving.map((each) => line(each, session.language))}</ul>
<p><a class="button" href="${links.start}">${words.lookAgain}</a></p>
</section>
`}${done.length > 0 && html`<section aria-labelledby="done">
<h2 id="done">${words.done}</h2>
<ul class="plain">
${done.map((each) => line(each, session.language))}</ul>
</section>
`}`,
  });
}

function waitingForm({ session, links }: SessionView, waiting: readonly OwnDocument[]): Html {
  const words = wordsIn(session.language);
  return html`<form method="post" action="${links.to('print')}">
<fieldset>
<legend>${words.choose}</legend>
<ul>
${waiting.map((each) => choice(each, session, links))}</ul>
</fieldset>
<button class="first">${words.print}</button><button formaction="${links.to('delete')}">${words.delete}</button>
</form>`;
}

function choice(document: OwnDocument, { language, means }: ReleaseSession, links: Links): Html {
  const words = wordsIn(language);
  const job = present(document.job, 'job');
  const id = `job-${job.jobId}`;
  const isAllowed = document.allowedMeans.some((each) => each === means);
  return html`<li class="document">
<div class="choice"><input type="checkbox" id="${id}" name="job" value="${job.jobId}"${isAllowed && html` checked`} aria-describedby="about-${id}"><label for="${id}">${job.fileName}</label></div>
<div class="about" id="about-${id}">
<p>${looks(job, language)}</p>
<p>${words.printedAt(document.queueName)}</p>
${job.price > 0n && html`<p>${words.price(priceIn(language, job.price, job.currency))}</p>
`}${job.jobHoldUntil && html`<p class="hint">${words.until(momentIn(language, timestampDate(job.jobHoldUntil)))}</p>
`}${!isAllowed && html`<p><strong>${words.asksFor(document.allowedMeans.map((each) => words.means[each] ?? each))}</strong></p>
`}</div>
${job.question !== '' && html`<p class="about" id="question-${id}"><strong>${job.question}</strong></p>
<div class="choice about"><input type="checkbox" id="confirm-${id}" name="confirmed" value="${job.jobId}" aria-describedby="question-${id}"><label for="confirm-${id}">${words.confirm}</label></div>
`}<div class="about"><a href="${links.to(`options/${job.jobId}`)}" aria-label="${withColon(words.change, language)} ${job.fileName}">${words.change}</a></div>
</li>
`;
}

/** How it comes out: `3 pages, black and white, both sides, 2 copies`. */
export function looks({ pages, finishing }: Job, language: Language): string {
  const words = wordsIn(language);
  const { colorMode, sides, copies, pageRanges } = present(finishing, 'finishing');
  return [words.pages(pages), words.colorModes[colorMode] ?? colorMode, words.sides[sides] ?? sides, ...(copies > 1 ? [words.copies(copies)] : []), ...(pageRanges === '' ? [] : [`${words.options.pageRanges}\u00a0${pageRanges}`])].join(', ');
}

/** State and reason in a person's words: `not printed: not fetched in time`. */
export function becameOf(jobState: string, jobStateReason: string, language: Language): string {
  const { states, reasons } = wordsIn(language);
  const state = states[jobState] ?? jobState;
  const reason = reasons[jobStateReason];
  return reason === undefined ? state : `${withColon(state, language)} ${reason}`;
}

function line(document: OwnDocument, language: Language): Html {
  const words = wordsIn(language);
  const { fileName, jobState, jobStateReason } = present(document.job, 'job');
  return html`<li class="document"><strong>${fileName}</strong>
<div class="about"><p>${becameOf(jobState, jobStateReason, language)}</p>
<p>${words.printedAt(document.queueName)}</p></div></li>
`;
}
