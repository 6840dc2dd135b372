import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

// Nonce (12 bytes), AES-256-GCM, tag (16).
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function keyOf(controlKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', controlKey, '', 'inkpost door key', 32));
}

/** The private key of a server's place in its domain, on its way from domain-sync to the gateway, which ends TLS. `controlKey`: what both have for their calls. */
export function sealDoorKey(controlKey: Uint8Array, serverName: string, keyPem: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(controlKey), nonce).setAAD(Buffer.from(serverName));
  return Buffer.concat([nonce, cipher.update(keyPem, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Throws where it was sealed for another name, or by another key. */
export function openDoorKey(controlKey: Uint8Array, serverName: string, sealed: Uint8Array): string {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(controlKey), sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(serverName));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
}
