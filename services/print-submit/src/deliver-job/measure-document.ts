import { createHash } from 'node:crypto';
import type { DocumentSource } from '@inkpost/ipp/client/http-exchange.js';

/** What really left for the printer. */
export interface SentDocument {
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Passes a document on and measures it on its way. */
export class MeasuredDocument {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  /** What passed so far; to be asked once, when all has passed. */
  result(): SentDocument {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }

  async *pass(source: DocumentSource): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      this.hash.update(chunk);
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}
