import { createDecipheriv, createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** RFC 7292, appendix B.3: what a key that is derived from a password is for. */
const PURPOSES = { key: 1, iv: 2, mac: 3 } as const;

export interface Derivation {
  /** As OpenSSL names it. */
  readonly hash: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly lengthBytes: number;
}

/** Text that ends with two zero bytes, in UTF-16, big end first; a program that knows no password may write nothing at all. RFC 7292, appendix B.1. */
export function pfxPasswords(password: string): readonly Uint8Array[] {
  const written = Buffer.from(`${password}\0`, 'utf16le').swap16();
  return password === '' ? [written, new Uint8Array()] : [written];
}

/** RFC 7292, appendix B.2. */
export function derivePfxKey(password: Uint8Array, purpose: keyof typeof PURPOSES, { hash, salt, iterations, lengthBytes }: Derivation): Buffer {
  const blockBytes = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const diversifier = Buffer.alloc(blockBytes, PURPOSES[purpose]);
  const input = Buffer.concat([filled(salt, blockBytes), filled(password, blockBytes)]);
  const pieces: Buffer[] = [];
  for (let have = 0; have < lengthBytes; have += pieces.at(-1)?.length ?? 0) {
    let piece = createHash(hash).update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round += 1) piece = createHash(hash).update(piece).digest();
    pieces.push(piece);
    addToEach(input, filled(piece, blockBytes).subarray(0, blockBytes), blockBytes);
  }
  return Buffer.concat(pieces).subarray(0, lengthBytes);
}

export function pfxMac(password: Uint8Array, content: Uint8Array, derivation: Derivation): Buffer {
  return createHmac(derivation.hash, derivePfxKey(password, 'mac', derivation)).update(content).digest();
}

export function pbkdf2(password: string, { hash, salt, iterations, lengthBytes }: Derivation): Buffer {
  return pbkdf2Sync(password, salt, iterations, lengthBytes, hash);
}

/** Undefined: the key is not the right one. */
export function decrypt(cipher: string, key: Uint8Array, iv: Uint8Array, content: Uint8Array): Buffer | undefined {
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(content), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Repeated until it fills whole blocks. */
function filled(bytes: Uint8Array, blockBytes: number): Buffer {
  return bytes.length === 0 ? Buffer.alloc(0) : Buffer.alloc(blockBytes * Math.ceil(bytes.length / blockBytes), bytes);
}

/** Each block plus the addend plus one, as numbers of the block's length. */
function addToEach(blocks: Buffer, addend: Buffer, blockBytes: number): void {
  for (let start = 0; start < blocks.length; start += blockBytes) {
    let carry = 1;
    for (let at = blockBytes - 1; at >= 0; at -= 1) {
      carry += (blocks[start + at] ?? 0) + (addend[at] ?? 0);
      blocks[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
}
