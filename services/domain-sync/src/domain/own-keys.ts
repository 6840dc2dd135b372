import { generateKeyPairSync } from 'node:crypto';

/** X25519, raw, in base64: what is secret is sealed to the public half (RFC 9180). */
export function makeSealingKeys(): { readonly publicKey: string; readonly privateKey: string } {
  const { x, d } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  if (x === undefined || d === undefined) throw new Error('unreachable: a key of X25519 has both');
  const base64 = (text: string) => Buffer.from(text, 'base64url').toString('base64');
  return { publicKey: base64(x), privateKey: base64(d) };
}
