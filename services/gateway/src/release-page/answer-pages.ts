import type { OwnDocument } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import type { NotReleased } from '@inkpost/contracts/admin/v1/print_pb.js';
import type { Language } from '../answer-route/browser.js';
import { present } from '../answer-route/fields.js';
import { LIMITS } from '../limits.js';
import { html, type Html, withColon } from '../show-page/html.js';
import { endForm, sessionPage, type SessionView } from './documents-page.js';
import { frame } from './frame.js';
import { wordsIn } from './words.js';

/** A document that was wanted and stays, with why: a keyword of the owner's, or `gone` or `means`. */
export interface Staying {
  readonly document: OwnDocument | undefined;
  readonly reason: string;
  /** In the words of whoever made the rule; empty: none. */
  readonly problem: string;
}

/** Which of the wanted ones stay: those that the owner names with its reason, and those that it passed over. */
export function stayingOf(wanted: readonly OwnDocument[], going: readonly OwnDocument[], notReleased: readonly NotReleased[]): Staying[] {
  const goes = new Set(going.map(({ job }) => job?.jobId));
  return wanted.flatMap((document) => {
    const jobId = present(document.job, 'job').jobId;
    if (goes.has(jobId)) return [];
    const named = notReleased.find((each) => each.jobId === jobId);
    return [{ document, reason: named?.reason ?? (document.job?.jobState === 'pending-held' ? 'means' : 'gone'), problem: named?.problem ?? '' }];
  });
}

/** What became of Print. */
export function printedPage(view: SessionView, going: readonly OwnDocument[], staying: readonly Staying[]): string {
  const { language } = view.session;
  const { printed, printedAt } = wordsIn(language);
  const places = [...Map.groupBy(going, ({ queueName }) => queueName).keys()];
  return sessionPage(view, {
    title: going.length > 0 ? printed.title : printed.none,
    content: html`${going.length > 0 && html`<p class="notice" role="status">${printed.goes(going.length)}</p>
${places.map((place) => html`<p>${printedAt(place)}</p>
`)}`}${staying.length > 0 && html`<h2>${printed.stays}</h2>
<ul class="plain">
${staying.map(({ document, reason, problem }) => html`<li class="document"><strong>${document?.job?.fileName ?? ''}</strong>
<div class="about"><p>${whyItStays(reason, problem, language)}</p></div></li>
`)}</ul>
`}${backLink(view)}`,
  });
}

function whyItStays(reason: string, problem: string, language: Language): string {
  const { why } = wordsIn(language).printed;
  const words = why[reason] ?? why['filter'] ?? '';
  return reason === 'filter' && problem !== '' ? `${withColon(words, language)} ${problem}` : words;
}

/** Asks before documents go for good. */
export function deletionPage(view: SessionView, documents: readonly OwnDocument[]): string {
  const { session, links } = view;
  const { deletion } = wordsIn(session.language);
  return sessionPage(view, {
    title: deletion.title,
    content: html`<ul class="plain">
${documents.map(({ job }) => html`<li class="document"><strong>${present(job, 'job').fileName}</strong></li>
`)}</ul>
<p>${deletion.text(documents.length)}</p>
<form method="post" action="${links.to('delete-for-good')}">
${documents.map(({ job }) => html`<input type="hidden" name="job" value="${present(job, 'job').jobId}">`)}
<button class="first">${deletion.yes}</button><a class="button" href="${links.start}">${deletion.no}</a>
</form>
`,
  });
}

export function deletedPage(view: SessionView, gone: readonly OwnDocument[]): string {
  const { deletion } = wordsIn(view.session.language);
  return sessionPage(view, {
    title: deletion.doneTitle,
    content: html`<p class="notice" role="status">${gone.length > 0 ? deletion.done(gone.length) : deletion.none}</p>
${backLink(view)}`,
  });
}

function backLink({ session, links }: SessionView): Html {
  return html`<p><a class="button first" href="${links.start}">${wordsIn(session.language).back}</a></p>
`;
}

/** Shown when nobody touched the page for a while: hides the documents, and waits for somebody a little longer (WCAG 2.2, 2.2.1). */
export function pausePage({ session, links }: SessionView): string {
  const { language } = session;
  const { pause } = wordsIn(language);
  return frame({
    language, title: pause.title, refresh: { seconds: LIMITS.releaseWarnSeconds, to: links.to('ended') },
    body: html`<main>
<h1>${pause.title}</h1>
<p role="alert">${pause.text(LIMITS.releaseWarnSeconds)}</p>
<p><a class="button first" href="${links.start}" autofocus>${pause.yes}</a></p>
${endForm(session, links)}
</main>`,
  });
}
