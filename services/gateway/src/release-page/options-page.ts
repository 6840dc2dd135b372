import type { OwnDocument } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { present } from '../answer-route/fields.js';
import { html, type Html } from '../show-page/html.js';
import { sessionPage, type SessionView } from './documents-page.js';
import { wordsIn } from './words.js';

/** What a printer that was never heard is taken to do; it says itself what it can't. */
const ANY = { colorModes: ['color', 'monochrome'], sides: ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'], copiesMax: 99, pageRanges: true } as const;

/** What was typed, and which of it can't be. */
export interface RefusedChange {
  readonly field: string;
  readonly typed: { readonly colorMode?: string | undefined; readonly sides?: string | undefined; readonly copies?: number | undefined; readonly pageRanges?: string | undefined };
}

/** How one document is to look on paper, as far as its printer and the rules here let its owner choose. */
export function optionsPage(view: SessionView, document: OwnDocument, refused?: RefusedChange): string {
  const { session, links } = view;
  const words = wordsIn(session.language);
  const { options } = words;
  const job = present(document.job, 'job');
  const now = present(job.finishing, 'finishing');
  const { field: wrongField, typed } = refused ?? { field: undefined, typed: {} };
  const choices = job.finishingChoices ?? ANY;
  const error = wrongField === undefined ? undefined : (options.wrong[wrongField] ?? options.wrong['other']);
  const wrong = (field: string) => wrongField === field && html` aria-invalid="true" aria-describedby="error"`;
  const radios = (name: 'colorMode' | 'sides', legend: string, values: readonly string[], texts: Readonly<Record<string, string>>): Html => {
    const isForced = job.forced.includes(name);
    const chosen = values.find((value) => value === typed[name]) ?? now[name];
    return html`<fieldset><legend>${legend}${isForced && ` (${options.forced})`}</legend>
${[...new Set([...values, chosen])].map((value) => html`<div class="choice"><input type="radio" id="${name}-${value}" name="${name}" value="${value}"${value === chosen && html` checked`}${isForced && html` disabled`}><label for="${name}-${value}">${texts[value] ?? value}</label></div>
`)}</fieldset>
`;
  };
  return sessionPage(view, {
    title: options.title, error,
    content: html`<p><strong>${job.fileName}</strong><br>${words.printedAt(document.queueName)}</p>
<form method="post" action="${links.to(`options/${job.jobId}`)}">
${radios('colorMode', options.color, choices.colorModes, words.colorModes)}${radios('sides', options.sides, choices.sides, words.sides)}${choices.copiesMax > 1 && html`<div class="field"><label for="copies">${options.copies}</label>
<input id="copies" name="copies" type="number" inputmode="numeric" min="1" max="${choices.copiesMax}" value="${typed.copies || now.copies}" required${wrong('copies')}></div>
`}${choices.pageRanges && job.pages > 1 && html`<div class="field"><label for="pageRanges">${options.pageRanges}</label><p class="hint" id="ranges">${options.pageRangesHint}</p>
<input id="pageRanges" name="pageRanges" type="text" autocomplete="off" inputmode="text" maxlength="200" value="${typed.pageRanges ?? now.pageRanges}"${wrong('pageRanges') || html` aria-describedby="ranges"`}></div>
`}<button class="first">${options.save}</button><a class="button" href="${links.start}">${words.back}</a>
</form>
`,
  });
}
