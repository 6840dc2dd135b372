import { createHmac, type KeyObject } from 'node:crypto';
import { hashingKey, type MasterKey } from '@inkpost/secrets/master-key.js';

/** What is hashed; hashes of one kind are never equal to those of another. */
export type HashedKind = 'card' | 'pin';

/**
 * Turns short secrets into what is stored: HMAC-SHA-256 under keys from the master key, so that a copy of the database reveals none by
 * trying all. The hashes outlive the master key's replacement.
 */
export class KeyedHash {
  private readonly keys: Readonly<Record<HashedKind, KeyObject>>;

  constructor(masterKey: MasterKey) {
    const key = (kind: HashedKind) => hashingKey(masterKey, `account ${kind}`);
    this.keys = { card: key('card'), pin: key('pin') };
  }

  of(kind: HashedKind, text: string): Buffer {
    return createHmac('sha256', this.keys[kind]).update(text).digest();
  }
}
