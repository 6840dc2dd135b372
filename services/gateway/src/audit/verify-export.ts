import { z } from 'zod';
import { AUDIT_OUTCOMES, type StoredAuditEntry } from './audit-entry.js';
import { CHAIN_BEGIN, type ChainEnd, type ChainVerdict, ChainWalk } from './verify-chain.js';

const line = z.object({
  id: z.string().regex(/^[1-9]\d{0,14}$/).transform(Number), at: z.iso.datetime().transform((text) => new Date(text)), actor: z.string(), action: z.string(), objectId: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES), status: z.int(), source: z.string(), requestId: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface ExportVerdict extends ChainVerdict {
  /** The entry that the file begins with when nobody knows the one before: what follows it is checked, it is not. */
  readonly unchecked: number | undefined;
}

/**
 * Checks a whole export (NDJSON), for which neither the installation nor its database is needed. Entries after the file's last one are
 * nobody's business here. Throws an error that names the first line that is no entry.
 *
 * @param after the entry before the first line, as noted or as the last line of the export before.
 */
export async function verifyExport(lines: AsyncIterable<string>, after?: ChainEnd): Promise<ExportVerdict> {
  let walk: ChainWalk | undefined;
  let unchecked: number | undefined;
  let lineNumber = 0;
  for await (const text of lines) {
    lineNumber += 1;
    if (text === '') continue;
    const entry = parseLine(text, lineNumber);
    if (walk) {
      if (!walk.step(entry)) break;
      continue;
    }
    const before = after ?? (entry.id === 1 ? CHAIN_BEGIN : undefined);
    walk = new ChainWalk(before ?? { entryId: entry.id, sha256: entry.sha256 });
    if (!before) unchecked = entry.id;
    else if (!walk.step(entry)) break;
  }
  return { ...(walk ?? new ChainWalk(after ?? CHAIN_BEGIN)).finish(), unchecked };
}

function parseLine(text: string, lineNumber: number): StoredAuditEntry {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    throw new Error(`Line ${lineNumber} of the file is no audit entry: give an export in NDJSON, as a whole.`);
  }
}
