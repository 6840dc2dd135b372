import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomInt } from 'node:crypto';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
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
 * Turns codes into what is stored: HMAC-SHA-256 under keys derived from the master key (HKDF, RFC 5869), so that a copy of the
 * database reveals no code. Looking a hash up needs no constant time: without the key nobody can choose what it starts with.
 */
export class PukHasher {
  private readonly keys: ReadonlyMap<number, KeyObject>;
  private readonly currentVersion: number;

  constructor(masterKey: MasterKey) {
    this.currentVersion = masterKey.currentVersion;
    this.keys = new Map([...masterKey.versions].map(([version, { secret }]) => [version, createSecretKey(new Uint8Array(hkdfSync('sha256', secret, '', 'inkpost puk', 32)))]));
  }

  /** To store a new code. */
  hash(puk: string): Buffer {
    return this.hashWith(this.currentVersion, puk);
  }

  /** To find a code: one hash per version of the master key, so that codes live on while it is replaced. */
  hashes(puk: string): Buffer[] {
    return [...this.keys.keys()].map((version) => this.hashWith(version, puk));
  }

  private hashWith(version: number, puk: string): Buffer {
    const key = this.keys.get(version);
    if (!key) throw new Error(`no key of version ${version}`);
    return createHmac('sha256', key).update(puk).digest();
  }
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
    return { codeHash: this.hasher.hash(puk), sealedPuk: sealSecret(this.masterKey, `puk:${messageId}:${ownerAddress}`, puk) };
  }
}
