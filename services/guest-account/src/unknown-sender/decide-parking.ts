import { WAITING_MESSAGES_MAX, WAITING_SENDERS_MAX } from '../limits.js';

/** What is known of a sender when a mail shall wait. */
export interface ParkingPlace {
  /** Who waits already, for the same policy and sponsors. */
  readonly waiting: { readonly waitingId: string; readonly waitsUntil: Date; readonly over: boolean; readonly messages: number } | undefined;
  /** Who let the sender in a moment ago. */
  readonly approval: { readonly by: string; readonly name: string } | undefined;
  /** Senders who wait, whoever they are. */
  readonly senders: number;
}

export type Parking =
  /** With those that wait: whoever is asked was asked. */
  | { readonly kind: 'join'; readonly waitingId: string; readonly waitsUntil: Date }
  /** The first mail; `instead`: of one whose time is over. */
  | { readonly kind: 'begin'; readonly insteadOf: string | undefined }
  | { readonly kind: 'let-in'; readonly by: string; readonly name: string }
  | { readonly kind: 'full' };

/** Where a mail of an unknown sender waits. */
export function decideParking({ waiting, approval, senders }: ParkingPlace): Parking {
  if (waiting && !waiting.over) return waiting.messages >= WAITING_MESSAGES_MAX ? { kind: 'full' } : { kind: 'join', waitingId: waiting.waitingId, waitsUntil: waiting.waitsUntil };
  if (approval) return { kind: 'let-in', ...approval };
  if (senders >= WAITING_SENDERS_MAX) return { kind: 'full' };
  return { kind: 'begin', insteadOf: waiting?.waitingId };
}
