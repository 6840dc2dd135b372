import { createHash } from 'node:crypto';
import type { StoredAuditEntry } from './audit-entry.js';

/** An end of the chain: the entry by its number, and its hash in hexadecimal. */
export interface ChainEnd {
  readonly entryId: number;
  readonly sha256: string;
}

/** What the first entry of an installation follows. */
export const CHAIN_BEGIN: ChainEnd = { entryId: 0, sha256: '00'.repeat(32) };

export interface ChainBreak {
  /** The first entry that is not as it was written, or doesn't follow from the one before. */
  readonly entryId: number;
  /** `changed`: it, or its hash or that of the one before; `missing`: it is not there; `foreign`: it was never appended. */
  readonly kind: 'changed' | 'missing' | 'foreign';
  readonly reason: string;
}

export interface ChainVerdict {
  /** How many entries were found to be as they were written. */
  readonly intactEntries: number;
  /** The last of them, or what came before the first one. Note it elsewhere: who can rewrite the whole chain can't rewrite the note. */
  readonly end: ChainEnd;
  /** Undefined: the chain is intact. */
  readonly firstBreak: ChainBreak | undefined;
}

/**
 * SHA-256 over the 32 bytes of the entry before and the fields id, at, actor, action, objectId, outcome, status, source, requestId as
 * netstrings. The same as the function `audit_sha256` in the database, written a second time on purpose: it checks that one too.
 */
export function entrySha256(before: string, { id, at, actor, action, objectId, outcome, status, source, requestId }: Omit<StoredAuditEntry, 'sha256'>): string {
  const hash = createHash('sha256').update(Buffer.from(before, 'hex'));
  for (const field of [String(id), at.toISOString(), actor, action, objectId, outcome, String(status), source, requestId]) {
    hash.update(`${Buffer.byteLength(field)}:${field},`);
  }
  return hash.digest('hex');
}

/** Walks along the chain and stops at the first break. */
export class ChainWalk {
  private before: ChainEnd;
  private intactEntries = 0;
  private firstBreak: ChainBreak | undefined;

  /**
   * @param anchor what the first entry follows: `CHAIN_BEGIN`, or the last one that was forgotten after its time.
   * @param head the last entry as the database knows it; undefined: nobody knows it, as in a file.
   */
  constructor(
    anchor: ChainEnd,
    private readonly head?: ChainEnd,
  ) {
    this.before = anchor;
  }

  /** Takes the next entry in the order of their numbers. False: it broke the chain, and nothing after it says anything. */
  step(entry: StoredAuditEntry): boolean {
    const expectedId = this.before.entryId + 1;
    if (this.head && entry.id > this.head.entryId) this.firstBreak = foreign(entry.id, `The last entry that was appended is ${this.head.entryId}; entry ${entry.id} was not.`);
    else if (entry.id > expectedId) this.firstBreak = missing(expectedId, entry.id - 1);
    else if (entry.id < expectedId) this.firstBreak = foreign(entry.id, `There is an entry ${entry.id} where entry ${expectedId} should be.`);
    else if (entrySha256(this.before.sha256, entry) !== entry.sha256) this.firstBreak = { entryId: entry.id, kind: 'changed', reason: `The hash of entry ${entry.id} is not that of its fields after entry ${this.before.entryId}: one of the two was changed.` };
    if (this.firstBreak) return false;
    this.before = { entryId: entry.id, sha256: entry.sha256 };
    this.intactEntries += 1;
    return true;
  }

  finish(): ChainVerdict {
    const firstBreak = this.firstBreak ?? (this.head && breakAtHead(this.before, this.head));
    return { intactEntries: this.intactEntries, end: this.before, firstBreak };
  }
}

function breakAtHead(last: ChainEnd, head: ChainEnd): ChainBreak | undefined {
  if (head.entryId > last.entryId) return missing(last.entryId + 1, head.entryId);
  return head.sha256 === last.sha256 ? undefined : { entryId: last.entryId, kind: 'changed', reason: `Entry ${last.entryId} is not the last one that was appended: its hash is another.` };
}

function foreign(entryId: number, reason: string): ChainBreak {
  return { entryId, kind: 'foreign', reason };
}

function missing(firstId: number, lastId: number): ChainBreak {
  return { entryId: firstId, kind: 'missing', reason: firstId === lastId ? `Entry ${firstId} is missing.` : `Entries ${firstId} to ${lastId} are missing.` };
}
