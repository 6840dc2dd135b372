import { createHash } from 'node:crypto';

/** A UUID of its own making (RFC 9562, 5.8): the same for the same person of the same directory, here and on every replica. */
export function accountIdOf(directoryId: string, identity: string): string {
  const hash = createHash('sha256').update(`${directoryId}\n${identity}`).digest();
  hash[6] = (hash.readUInt8(6) & 0x0f) | 0x80;
  hash[8] = (hash.readUInt8(8) & 0x3f) | 0x80;
  return hash.subarray(0, 16).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
