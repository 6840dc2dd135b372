import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';

/** Opens codes, in memory only. A code opens for the message and the address that it was sealed for, and for no other. */
export class CodeOpener {
  constructor(private readonly masterKey: MasterKey) {}

  /** Throws as `openSecret`. */
  open(messageId: string, ownerAddress: string, sealed: Uint8Array): string {
    return openSecret(this.masterKey, `puk:${messageId}:${ownerAddress}`, sealed);
  }
}
