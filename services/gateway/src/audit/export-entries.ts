import type { StoredAuditEntry } from './audit-entry.js';

/** An entry as the API shows it. */
export interface ShownAuditEntry extends Omit<StoredAuditEntry, 'id' | 'at'> {
  readonly id: string;
  readonly at: string;
}

export function shownEntry({ id, at, actor, action, objectId, outcome, status, source, requestId, sha256 }: StoredAuditEntry): ShownAuditEntry {
  return { id: String(id), at: at.toISOString(), actor, action, objectId, outcome, status, source, requestId, sha256 };
}

/** One JSON object a line; a whole export can be checked as the log itself: `verifyExport`. */
export async function* toNdjson(pages: AsyncIterable<readonly StoredAuditEntry[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((entry) => `${JSON.stringify(shownEntry(entry))}\n`).join('');
}

const COLUMNS = ['id', 'at', 'actor', 'action', 'objectId', 'outcome', 'status', 'source', 'requestId', 'sha256'] as const satisfies readonly (keyof ShownAuditEntry)[];

/** RFC 4180, in UTF-8 with the mark that spreadsheets want. */
export async function* toCsv(pages: AsyncIterable<readonly StoredAuditEntry[]>): AsyncGenerator<string> {
  yield `\uFEFF${COLUMNS.join(',')}\r\n`;
  for await (const page of pages) yield page.map((entry) => `${csvLine(shownEntry(entry))}\r\n`).join('');
}

function csvLine(entry: ShownAuditEntry): string {
  return COLUMNS.map((column) => csvField(String(entry[column]))).join(',');
}

/** A spreadsheet would run what begins like a formula; with an apostrophe before it, it is text. */
function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
