import type { Language } from '../answer-route/browser.js';
import { Problem, type ProblemExtras, type ProblemKind } from '../answer-route/problem.js';
import { html } from '../show-page/html.js';
import { frame, type Links } from './frame.js';
import { type Words, wordsIn } from './words.js';

/** Ends a request with a page of its own, such as the form once more with what was wrong. */
export class RefusedWithPage extends Problem {
  constructor(
    kind: ProblemKind,
    detail: string,
    readonly page: string,
    extras: ProblemExtras = {},
  ) {
    super(kind, detail, extras);
  }
}

/** For whatever ended a request: its own page, else what happened in a sentence and the way back to the beginning. */
export function releaseRefusalPage(links: Links) {
  return (problem: Problem, language: Language): string => {
    if (problem instanceof RefusedWithPage) return problem.page;
    const words = wordsIn(language);
    return frame({
      language, title: words.trouble.title, error: words.errorTitle,
      body: html`<main>
<h1>${words.trouble.title}</h1>
<p class="error" role="alert">${sentence(problem, language)}</p>
<p><a class="button first" href="${links.start}">${words.start}</a></p>
</main>`,
    });
  };
}

const SENTENCES: Readonly<Partial<Record<ProblemKind, keyof Words['trouble']>>> = {
  conflict: 'unsafe', 'cross-site': 'foreign', 'too-many-requests': 'tooMany', unavailable: 'unavailable', internal: 'unavailable',
};

function sentence({ kind }: Problem, language: Language): string {
  return wordsIn(language).trouble[SENTENCES[kind] ?? 'other'];
}
