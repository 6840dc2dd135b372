import { LISTED_ITEMS_MAX } from '../limits.js';
import { escapeHtml } from './foreign-text.js';
import { type Language, typeset } from './language.js';

/** A mail's content, once: plain text and HTML are two ways to write the same blocks, so that neither says more. */
export interface Letter {
  readonly subject: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  /** What must be read off and typed in: large. */
  | { readonly kind: 'code'; readonly code: string }
  /** Where an answer is given. In plain text the address itself. */
  | { readonly kind: 'link'; readonly label: string; readonly url: string }
  | { readonly kind: 'list'; readonly title: string; readonly items: readonly ListItem[] }
  /** What may be skipped: small. */
  | { readonly kind: 'note'; readonly text: string };

export interface ListItem {
  readonly name: string;
  readonly detail: string;
}

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const MORE: Readonly<Record<Language, (count: number) => string>> = {
  fr: (count) => `… et ${count} de plus`,
  en: (count) => `… and ${count} more`,
};

export function renderLetter(letter: Letter, language: Language): RenderedMail {
  const blocks = letter.blocks.map((block): Block => {
    if (block.kind === 'list') return { ...block, title: typeset(block.title, language) };
    return block.kind === 'code' || block.kind === 'link' ? block : { ...block, text: typeset(block.text, language) };
  });
  const set = { subject: typeset(letter.subject, language), title: typeset(letter.title, language), blocks };
  return { subject: set.subject, text: plainText(set, language), html: html(set, language) };
}

function listed(items: readonly ListItem[], language: Language): readonly ListItem[] {
  if (items.length <= LISTED_ITEMS_MAX) return items;
  return [...items.slice(0, LISTED_ITEMS_MAX), { name: MORE[language](items.length - LISTED_ITEMS_MAX), detail: '' }];
}

function plainText({ title, blocks }: Letter, language: Language): string {
  const parts = blocks.map((block) => {
    if (block.kind === 'list') return [...(block.title === '' ? [] : [block.title]), ...listed(block.items, language).map(({ name, detail }) => `- ${name}${detail === '' ? '' : ` (${detail})`}`)].join('\n');
    if (block.kind === 'link') return block.url;
    return block.kind === 'code' ? `    ${block.code}` : block.text;
  });
  return `${[title, ...parts].join('\n\n')}\n`;
}

/** Sizes in em, no colour but a grey that is readable on white and on black (4.5:1, WCAG 2.2, 1.4.3): the reader's own theme holds. */
const STYLES = {
  body: 'margin:0;padding:1.5em;font:1em/1.5 system-ui,-apple-system,Segoe UI,Roboto,Arial,sans-serif',
  main: 'max-width:36em;margin:0 auto',
  title: 'font-size:1.25em;line-height:1.3;margin:0 0 1em',
  code: 'font:bold 2.25em/1.2 ui-monospace,Consolas,Menlo,monospace;letter-spacing:.06em;margin:.5em 0',
  link: 'display:inline-block;padding:.5em 1.25em;border:2px solid;border-radius:.25em;font-weight:bold;text-decoration:none',
  listTitle: 'font-size:1em;margin:1.5em 0 .25em',
  list: 'margin:0;padding-left:1.25em',
  note: 'color:#767676;font-size:.875em',
} as const;

function html({ subject, title, blocks }: Letter, language: Language): string {
  const parts = blocks.map((block) => htmlBlock(block, language));
  return [
    `<!doctype html>`,
    `<html lang="${language}">`,
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title></head>`,
    `<body style="${STYLES.body}">`,
    `<main style="${STYLES.main}">`,
    `<h1 style="${STYLES.title}">${escapeHtml(title)}</h1>`,
    ...parts,
    `</main>`,
    `</body>`,
    `</html>`,
    '',
  ].join('\n');
}

function htmlBlock(block: Block, language: Language): string {
  if (block.kind === 'list') {
    return `${block.title === '' ? '' : `<h2 style="${STYLES.listTitle}">${escapeHtml(block.title)}</h2>\n`}<ul style="${STYLES.list}">\n${listed(block.items, language).map(listItem).join('\n')}\n</ul>`;
  }
  if (block.kind === 'link') return `<p><a style="${STYLES.link}" href="${escapeHtml(block.url)}">${escapeHtml(block.label)}</a></p>\n<p style="${STYLES.note}">${escapeHtml(block.url)}</p>`;
  if (block.kind === 'code') return `<p style="${STYLES.code}">${escapeHtml(block.code)}</p>`;
  return block.kind === 'note' ? `<p style="${STYLES.note}">${escapeHtml(block.text)}</p>` : `<p>${escapeHtml(block.text)}</p>`;
}

function listItem({ name, detail }: ListItem): string {
  return `<li>${escapeHtml(name)}${detail === '' ? '' : ` <span style="${STYLES.note}">(${escapeHtml(detail)})</span>`}</li>`;
}
