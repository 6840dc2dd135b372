import { FOREIGN_TEXT_LENGTH_MAX } from '../limits.js';

/** Control characters (a line break would start a header of its own) and those that turn the direction of writing (UAX #9). */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]+/gu;

/** What others wrote, in one line and short: a file name, a subject, a display name. */
export function foreignText(text: string): string {
  const line = text.replaceAll(UNPRINTABLE, ' ').replaceAll(/\s+/gu, ' ').trim();
  const letters = Array.from(line);
  return letters.length > FOREIGN_TEXT_LENGTH_MAX ? `${letters.slice(0, FOREIGN_TEXT_LENGTH_MAX - 1).join('')}…` : line;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (sign) => ENTITIES[sign] ?? sign);
}
