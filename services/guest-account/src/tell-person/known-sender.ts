import { createHash } from 'node:crypto';
import type { DirectoryPerson } from '../ports/directory.port.js';
import type { KnownGuest } from '../resolve-owner/decide-owner.js';

/** What this service knows of a sender's address before any directory is asked. */
export interface KnownSender {
  /** A guest of this installation's own base. */
  readonly guest: Pick<KnownGuest, 'accountId' | 'locked' | 'hasPin'> | undefined;
  /** All of the guest's. */
  readonly guestAddresses: readonly string[];
  /** What others were last told of the directory's person with this address, as a hash. Undefined: nothing, or long ago. */
  readonly toldSha256: Buffer | undefined;
  /** Whose the address was with the last mail, if a directory's, and whether they have a PIN now. */
  readonly knownPerson?: { readonly accountId: string; readonly hasPin: boolean } | undefined;
}

/** An account of a directory as others know it. */
export interface DirectoryAccount {
  readonly accountId: string;
  readonly directory: string;
  /** Where mails go. */
  readonly address: string;
  readonly displayName: string;
  readonly language: string;
  readonly otherAddresses: readonly string[];
}

export type Telling = { readonly kind: 'told-before' } | { readonly kind: 'tell' } | { readonly kind: 'merge'; readonly guestAccountId: string };

/**
 * What others are to be told of somebody whom a directory knows. A guest with the same address is merged where nothing is lost by it: every address
 * of the guest is the person's, and no administrator has locked the guest.
 */
export function decideTelling(account: DirectoryAccount, addresses: DirectoryPerson['addresses'], { guest, guestAddresses, toldSha256 }: KnownSender): Telling {
  if (guest && !guest.locked && guestAddresses.every((address) => addresses.includes(address))) return { kind: 'merge', guestAccountId: guest.accountId };
  return toldSha256?.equals(hashOf(account)) ? { kind: 'told-before' } : { kind: 'tell' };
}

/** Other facts have another hash. */
export function hashOf({ accountId, address, displayName, language, otherAddresses }: DirectoryAccount): Buffer {
  return createHash('sha256').update(JSON.stringify([accountId, address, displayName, language, ...otherAddresses])).digest();
}

/** Of facts about people of directories, which have no version of their own: it grows with each telling. */
export function tellingVersion(now: Date): number {
  return Math.floor(now.getTime() / 1_000);
}
