import { createHash } from 'node:crypto';
import type { Language } from '../answer-route/browser.js';
import { escaped, typeset } from './html.js';

/** A page for somebody who came by a link, without a script. */
export interface Page {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** What it is about, with a label each. */
  readonly facts?: readonly (readonly [label: string, text: string])[];
  readonly buttons?: readonly PageButton[];
  /** Where to go on. */
  readonly link?: PageLink;
}

export interface PageLink {
  readonly label: string;
  /** Relative, as of a button. */
  readonly href: string;
}

/** Sends a form without content. */
export interface PageButton {
  readonly label: string;
  /** Relative, so that it stays right behind a proxy that puts a path before ours. */
  readonly action: string;
}

const STYLE = `body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:15vh auto;padding:0 1.5rem;color:#222}h1{font-size:1.6rem}
dt{color:#595959;font-size:.9rem}dd{margin:0 0 .75rem;overflow-wrap:anywhere}form{display:inline-block;margin:.5rem .75rem .5rem 0}
button{font:inherit;padding:.5rem 1.25rem;border:2px solid #222;border-radius:.3rem;background:#fff;color:#222;cursor:pointer}form:first-of-type button{background:#222;color:#fff}`;

const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** Content-Security-Policy of a page: nothing but its own style. */
export const PAGE_POLICY = `${POLICY}; form-action 'none'`;
/** … of one with buttons. */
export const FORM_PAGE_POLICY = `${POLICY}; form-action 'self'`;

export function renderPage({ title, paragraphs, facts = [], buttons = [], link }: Page, language: Language): string {
  const text = (words: string) => escaped(typeset(words, language));
  const parts = [
    ...paragraphs.map((paragraph) => `<p>${text(paragraph)}</p>`),
    ...(facts.length > 0 ? [`<dl>\n${facts.map(([label, fact]) => `<dt>${text(label)}</dt><dd>${escaped(fact)}</dd>`).join('\n')}\n</dl>`] : []),
    ...buttons.map(({ label, action }) => `<form method="post" action="${escaped(action)}"><button>${text(label)}</button></form>`),
    ...(link ? [`<p><a href="${escaped(link.href)}">${text(link.label)}</a></p>`] : []),
  ];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${text(title)} – Inkpost</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
${parts.join('\n')}
</main>
</body>
</html>
`;
}
