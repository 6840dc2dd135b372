import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** What is hashed; hashes of one kind are never equal to those of another. */
export type HashedKind = 'card' | 'pin';

/**
 * Turns short secrets into what is stored: HMAC-SHA-256 under a random key of the installation, so that a copy of the database, which
 * holds that key sealed, reveals none by trying all.
 */
export class KeyedHash {
  private readonly key: KeyObject;

  constructor(key: Uint8Array) {
    this.key = createSecretKey(key);
  }

  of(kind: HashedKind, text: string): Buffer {
    return createHmac('sha256', this.key).update(`${kind}\u0000${text}`).digest();
  }
}
