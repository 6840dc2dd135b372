import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { CauseDown, PermanentFailure } from '@inkpost/failure/failure.js';
import type { KeyPurpose, MasterKey } from './master-key.js';

// AES-256-GCM with random 96-bit nonces (NIST SP 800-38D): good for 2^32 seals per master key version.
// Sealed form: format (1 byte), key version (1 byte), nonce (12), ciphertext, tag (16).
const algorithm = 'aes-256-gcm';
const format = 1;
const headerBytes = 2;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals a small secret. It opens only with the same `context`, which says whose it is and where it belongs
 * (`mailbox-password/<id>`), so that a sealed value moved to another row is refused.
 */
export function sealSecret(masterKey: MasterKey, context: string, plaintext: string): Buffer {
  return seal(masterKey, 'secret', context, Buffer.from(plaintext, 'utf8'));
}

/**
 * Throws the PermanentFailure `secrets.seal-broken` (changed, or of another context or key) or the CauseDown
 * `secrets.key-missing` (sealed with a master key version that is not configured).
 */
export function openSecret(masterKey: MasterKey, context: string, sealed: Uint8Array): string {
  return open(masterKey, 'secret', context, sealed).toString('utf8');
}

/** Wraps a document's data key for the database. Wrapping anew with a newer master key needs no new data key. */
export function wrapKey(masterKey: MasterKey, documentId: string, dataKey: Uint8Array): Buffer {
  return seal(masterKey, 'document-key', documentId, dataKey);
}

/** Throws as `openSecret`. */
export function unwrapKey(masterKey: MasterKey, documentId: string, wrapped: Uint8Array): Buffer {
  return open(masterKey, 'document-key', documentId, wrapped);
}

/** What was sealed or wrapped with an older version, for the same place, with the current one. Throws as `openSecret`. */
export function sealAnew(masterKey: MasterKey, purpose: KeyPurpose, context: string, sealed: Uint8Array): Buffer {
  return seal(masterKey, purpose, context, open(masterKey, purpose, context, sealed));
}

function seal(masterKey: MasterKey, purpose: KeyPurpose, context: string, clear: Uint8Array): Buffer {
  const { currentVersion } = masterKey;
  const header = Buffer.from([format, currentVersion]);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyFor(masterKey, currentVersion, purpose), nonce);
  cipher.setAAD(boundTo(header, context));
  return Buffer.concat([header, nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
}

function open(masterKey: MasterKey, purpose: KeyPurpose, context: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < headerBytes + nonceBytes + tagBytes || bytes[0] !== format) throw broken();
  const key = keyFor(masterKey, bytes.readUInt8(1), purpose);
  const bodyAt = headerBytes + nonceBytes;
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(headerBytes, bodyAt), { authTagLength: tagBytes });
  decipher.setAAD(boundTo(bytes.subarray(0, headerBytes), context));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(bodyAt, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw broken(cause);
  }
}

function boundTo(header: Buffer, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context, 'utf8')]);
}

function keyFor(masterKey: MasterKey, version: number, purpose: KeyPurpose): KeyObject {
  const keys = masterKey.versions.get(version);
  // Not permanent: whoever runs the service can put the key back, and nothing is lost until then.
  if (keys === undefined) {
    throw new CauseDown('secrets.key-missing', `Master key version ${version} is not configured.`, { fields: { keyVersion: version } });
  }
  return keys[purpose];
}

function broken(cause?: unknown): PermanentFailure {
  return new PermanentFailure('secrets.seal-broken', 'A sealed secret was changed, moved, or sealed with another master key.', { cause });
}
