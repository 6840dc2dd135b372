import { CSV_BEGIN, csvLine } from '../answer-route/csv-line.js';
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

/** For spreadsheets. */
export async function* toCsv(pages: AsyncIterable<readonly StoredAuditEntry[]>): AsyncGenerator<string> {
  yield `${CSV_BEGIN}${csvLine(COLUMNS)}`;
  for await (const page of pages) {
    yield page.map((stored) => {
      const entry = shownEntry(stored);
      return csvLine(COLUMNS.map((column) => entry[column]));
    }).join('');
  }
}
