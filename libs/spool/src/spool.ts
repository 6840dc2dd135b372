import { randomBytes, randomUUID } from 'node:crypto';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { unwrapKey, wrapKey } from '@inkpost/secrets/seal.js';
import { readSealed, removeSealed, writeSealed } from './sealed-file.js';

/** A document whose sealed bytes are durable, but which nobody knows yet: `spool.put` records it, in the step that announces it. */
export interface SpooledDocument {
  readonly id: string;
  /** Of the clear bytes, lower-case hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly wrappedKey: string;
}

const DATA_KEY_BYTES = 32;

/**
 * The only way to a document's bytes. Keys and claims are SQL functions, called inside a step's own statement:
 * - `spool.put(documents jsonb, holder name, until timestamptz)` records SpooledDocument[] with the holder's claim,
 * - `spool.hand_over(ids uuid[], to name)` hands the caller's claims on with the message,
 * - `spool.keep_until(ids uuid[], until timestamptz)`, `spool.drop(ids uuid[])` (gives the ids to remove the bytes of).
 */
export class Spool {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
    private readonly folder: string,
  ) {}

  /** Seals the bytes into the folder; durable when it resolves. Throws the PermanentFailure `spool.document-too-large` past the limit. */
  async write(source: AsyncIterable<Uint8Array>, sizeBytesMax: number): Promise<SpooledDocument> {
    const id = randomUUID();
    const key = randomBytes(DATA_KEY_BYTES);
    const { sizeBytes, sha256 } = await writeSealed({ folder: this.folder, documentId: id, key, source, sizeBytesMax });
    return { id, sha256, sizeBytes, wrappedKey: wrapKey(this.masterKey, id, key).toString('hex') };
  }

  /**
   * The clear bytes, verified piece by piece. Throws the PermanentFailure `spool.document-erased` for a document that is erased
   * or that this service holds no claim on, `spool.document-missing` or `spool.document-damaged` for its bytes.
   */
  async open(documentId: string): Promise<AsyncGenerator<Buffer, void, undefined>> {
    const [row] = await query<{ wrapped_key: Buffer }>(this.pool, 'spool.open', 'SELECT wrapped_key FROM spool.open($1)', [documentId]);
    if (!row) throw new PermanentFailure('spool.document-erased', 'The document is no longer kept.', { fields: { documentId } });
    return readSealed({ folder: this.folder, documentId, key: unwrapKey(this.masterKey, documentId, row.wrapped_key) });
  }

  /** Removes the bytes of documents whose keys are erased already (what `spool.drop` gave). */
  async removeBytes(documentIds: readonly string[]): Promise<void> {
    await Promise.all(documentIds.map((documentId) => removeSealed({ folder: this.folder, documentId })));
  }
}
