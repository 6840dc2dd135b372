import type { WaitingPolicy } from '../resolve-owner/decide-owner.js';

/** Who said whether a sender is let in; nobody did, where the time ran out. */
export interface Answer {
  readonly state: 'approved' | 'rejected' | 'expired';
  readonly by: 'sender' | 'sponsor' | 'administrator' | '';
  /** The sponsor's address, or the administrator's account; empty for the sender. */
  readonly name: string;
}

/** Nobody answered in time. */
export const EXPIRED: Answer = { state: 'expired', by: '', name: '' };

/** A sender who waits, or waited, to be let in. */
export interface WaitingSender {
  readonly waitingId: string;
  readonly address: string;
  readonly displayName: string;
  readonly policy: WaitingPolicy;
  readonly sponsors: readonly string[];
  readonly state: 'waiting' | Answer['state'];
  readonly waitsSince: Date;
  readonly waitsUntil: Date;
  /** waits_until lies in the past. */
  readonly over: boolean;
  readonly messages: readonly WaitingMessage[];
}

/** One of the sender's mails, as far as somebody who decides needs it. */
export interface WaitingMessage {
  readonly messageId: string;
  readonly mailboxId: string;
  readonly subject: string;
  readonly fileNames: readonly string[];
  readonly waitsSince: Date;
}
