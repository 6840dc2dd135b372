import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { PermanentFailure } from '@inkpost/failure/failure.js';

/** HPKE (RFC 9180), base mode: who the sender is, TLS says. */
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const INFO = new TextEncoder().encode('inkpost domain order secrets');

/** What secrets belong to: sealed ones that were moved to another order, object or member don't open. */
export interface SealedPlace {
  readonly domainId: string;
  /** Of the member who may open them. */
  readonly serverId: string;
  readonly kind: string;
  readonly objectId: string;
  readonly position: number;
}

export interface SealedForMember {
  readonly encapsulatedKey: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'));

function boundTo({ domainId, serverId, kind, objectId, position }: SealedPlace): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([domainId, serverId, kind, objectId, position]));
}

/** `publicKey`: X25519, raw, in base64, as the member registered it when it joined. */
export async function sealForMember(publicKey: string, place: SealedPlace, secrets: string): Promise<SealedForMember> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(bytesOf(publicKey));
  const { enc, ct } = await suite.seal({ recipientPublicKey, info: INFO }, new TextEncoder().encode(secrets), boundTo(place));
  return { encapsulatedKey: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
}

/** `privateKey`: X25519, raw, in base64. Throws the PermanentFailure `domain.secrets-unreadable`: they are of another member or place, or were changed. */
export async function openOfMember(privateKey: string, place: SealedPlace, { encapsulatedKey, ciphertext }: SealedForMember): Promise<string> {
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(bytesOf(privateKey));
    const clear = await suite.open({ recipientKey, enc: new Uint8Array(encapsulatedKey), info: INFO }, new Uint8Array(ciphertext), boundTo(place));
    return new TextDecoder().decode(clear);
  } catch (cause) {
    throw new PermanentFailure('domain.secrets-unreadable', 'The secrets of an order are not sealed for this server.', { cause });
  }
}
