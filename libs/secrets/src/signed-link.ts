import { createHmac, timingSafeEqual } from 'node:crypto';
import { hashingKey, type MasterKey } from './master-key.js';

// Proof: end (5 bytes, seconds since 1970), place (1), HMAC-SHA-256 over these and the id (its first 18 bytes).
const claimBytes = 6;
const macBytes = 18;

/** What the bearer of a link may do: answer about one thing until its end, as one of those who were asked. */
export interface LinkClaim {
  /** Whole seconds count. */
  readonly endsAt: Date;
  /** Among those who were asked, 0 to 255. */
  readonly place: number;
}

/**
 * The secret half of a link about `id`: 32 letters that stand in a URL as they are. Whoever has it has the claim; nothing is stored.
 * It outlives a new version of the master key.
 */
export function signLink(masterKey: MasterKey, id: string, { endsAt, place }: LinkClaim): string {
  const claim = Buffer.alloc(claimBytes);
  claim.writeUIntBE(Math.floor(endsAt.getTime() / 1_000), 0, 5);
  claim.writeUInt8(place, 5);
  return Buffer.concat([claim, macOf(masterKey, id, claim)]).toString('base64url');
}

/** The claim that a link bears; undefined where we did not sign it for this id. Its end is for the caller to look at. */
export function verifyLink(masterKey: MasterKey, id: string, proof: string): LinkClaim | undefined {
  const bytes = Buffer.from(proof, 'base64url');
  // Node's decoder skips what it doesn't know: one proof has one form.
  if (bytes.length !== claimBytes + macBytes || bytes.toString('base64url') !== proof) return undefined;
  const claim = bytes.subarray(0, claimBytes);
  if (!timingSafeEqual(macOf(masterKey, id, claim), bytes.subarray(claimBytes))) return undefined;
  return { endsAt: new Date(claim.readUIntBE(0, 5) * 1_000), place: claim.readUInt8(5) };
}

function macOf(masterKey: MasterKey, id: string, claim: Uint8Array): Buffer {
  return createHmac('sha256', hashingKey(masterKey, 'signed-link')).update(claim).update(id).digest().subarray(0, macBytes);
}
