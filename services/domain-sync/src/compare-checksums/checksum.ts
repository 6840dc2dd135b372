import { createHash } from 'node:crypto';

/** An object as far as checksums look at it. */
export interface ChecksummedObject {
  readonly kind: string;
  readonly objectId: string;
  /** Hexadecimal, of the object's body. */
  readonly digest: string;
}

const byName = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** SHA-256 over kind, identifier and digest of all these, in whichever order they come; those of `except` don't count. Hexadecimal. */
export function checksumOf(objects: Iterable<ChecksummedObject>, except: ReadonlySet<string> = new Set()): string {
  const lines: string[] = [];
  for (const { kind, objectId, digest } of objects) {
    if (!except.has(kind)) lines.push(`${JSON.stringify([kind, objectId])} ${digest}\n`);
  }
  const hash = createHash('sha256');
  for (const line of lines.sort(byName)) hash.update(line);
  return hash.digest('hex');
}
