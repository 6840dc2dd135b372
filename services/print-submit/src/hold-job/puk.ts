import { createHmac, type KeyObject, randomInt } from 'node:crypto';
import { hashingKey, type MasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';

/** Without look-alikes: no 0 and O, no 1 and I. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const LENGTH = 8;
const FORM = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`, 'u');

/** A new random code, `7KQM3XPA`. 32^8 of them: about 40 bits, which the limits on guessing make enough. */
export function makePuk(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** What a person typed, without the spaces and dashes that texts show it with; undefined when no code looks like this. */
export function normalizePuk(typed: string): string | undefined {
  const code = typed.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase();
  return FORM.test(code) ? code : undefined;
}

/**
 * Turns codes into what is stored: HMAC-SHA-256, so that a copy of the database reveals no code. Looking a hash up needs no constant
 * time: without the key nobody can choose what it starts with.
 */
export class PukHasher {
  private readonly key: KeyObject;

  constructor(masterKey: MasterKey) {
    this.key = hashingKey(masterKey, 'puk');
  }

  hash(puk: string): Buffer {
    return createHmac('sha256', this.key).update(puk).digest();
  }
}

/** What a code is sealed for on its way to the mail. */
export function pukContext(messageId: string, ownerAddress: string): string {
  return `puk:${messageId}:${ownerAddress}`;
}

/** A new code as it may leave: its hash to store, and the code itself sealed for one message and one address. */
export interface IssuedPuk {
  readonly codeHash: Buffer;
  readonly sealedPuk: Buffer;
}

/** Makes codes. The clear code is seen by nobody until the mail to its owner is written. */
export class PukIssuer {
  constructor(
    private readonly masterKey: MasterKey,
    private readonly hasher: PukHasher,
  ) {}

  issue(messageId: string, ownerAddress: string): IssuedPuk {
    const puk = makePuk();
    return { codeHash: this.hasher.hash(puk), sealedPuk: sealSecret(this.masterKey, pukContext(messageId, ownerAddress), puk) };
  }
}
