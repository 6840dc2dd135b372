import type { Language } from '../templates/language.js';
import { type Block, type ListItem, type RenderedMail, renderLetter } from '../templates/letter.js';
import type { Macro, Template } from './notification-event.js';

/** What the macros stand for in one mail: a text in one line, or a list. A macro without a value has nothing to say. */
export type MacroValues = Readonly<Partial<Record<Macro, string | readonly ListItem[]>>>;

/** Each macro that a text has, as it is written. */
export const MACRO = /\$[A-Z]+/gu;

const LISTS = /^\$(?:DOCUMENTS|REFUSED)$/u;
const SMALL = '> ';
/** Documents that are named within a line; of more, that there are more. */
const NAMED_IN_LINE_MAX = 3;

/**
 * Writes a mail. The text has paragraphs, with an empty line between: `$CODE` in one of its own is large; one that ends with a line `$DOCUMENTS` or
 * `$REFUSED` is a list under what stands before; one that begins with `> ` is small. A paragraph whose macro has nothing to say is left out.
 */
export function renderTemplate({ subject, title, text }: Template, values: MacroValues, language: Language): RenderedMail {
  const blocks = text.replaceAll('\r\n', '\n').split(/\n\s*\n/u).map((paragraph) => paragraph.trim()).filter((paragraph) => paragraph !== '').flatMap((paragraph) => blockOf(paragraph, values));
  // Without what it is about, a subject doesn't end with what leads there.
  return renderLetter({ subject: fill(subject, values).replace(/\s[–-]\s*$/u, ''), title: fill(title, values), blocks }, language);
}

function blockOf(paragraph: string, values: MacroValues): Block[] {
  const lines = paragraph.split('\n').map((line) => line.trim());
  const last = lines.at(-1) ?? '';
  if (LISTS.test(last)) {
    const items = itemsOf(values[last as Macro]);
    return items.length > 0 ? [{ kind: 'list', title: fill(lines.slice(0, -1).join(' '), values), items }] : [];
  }
  const line = lines.join(' ');
  if ((line.match(MACRO) ?? []).some((macro) => (values[macro as Macro] ?? '').length === 0)) return [];
  if (line === '$CODE') return [{ kind: 'code', code: fill(line, values) }];
  return line.startsWith(SMALL) ? [{ kind: 'note', text: fill(line.slice(SMALL.length), values) }] : [{ kind: 'paragraph', text: fill(line, values) }];
}

/** All at once: what stands in a value is never taken for a macro. */
function fill(text: string, values: MacroValues): string {
  return text.replaceAll(MACRO, (macro) => {
    const value = values[macro as Macro] ?? '';
    return typeof value === 'string' ? value : namesIn(value);
  });
}

function itemsOf(value: MacroValues[Macro]): readonly ListItem[] {
  return value === undefined || typeof value === 'string' ? [] : value;
}

function namesIn(items: readonly ListItem[]): string {
  const names = items.slice(0, NAMED_IN_LINE_MAX).map(({ name }) => name).join(', ');
  return items.length > NAMED_IN_LINE_MAX ? `${names}, …` : names;
}
