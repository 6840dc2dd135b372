import type { Outcome } from '@inkpost/flow/flow-client.js';
import type { KnownGuest, NewGuest } from '../resolve-owner/decide-owner.js';
import type { AcceptedMessage } from '../resolve-owner/owner-outcome.js';

/** taken: another message made the account first, so that it must be looked for again. refused: the base never will, for this reason. */
export type GuestCreation = { readonly outcome: 'created' | 'taken' } | { readonly outcome: 'refused'; readonly cause: string };

/**
 * Where guests are kept, as mails use it: this installation's own base, or that of another server (SKY-054). What goes on, goes on in one
 * transaction with the flow's step. A base that can't be asked now throws `CauseDown`: nothing was written here, and the mail waits.
 */
export interface GuestBase {
  /** `host:port` of the server that keeps the guests; empty: this one. */
  readonly server: string;
  /** `address` in normal form. */
  find(address: string): Promise<KnownGuest | undefined>;
  /** Goes on with a guest who is there, and notes the use; an automatic guest's end moves. */
  use(message: AcceptedMessage, outcome: Outcome, guest: KnownGuest): Promise<void>;
  /** Goes on with a new guest; however often it is tried, there is one guest of an address. `outcomeOf`: of the account that it gets. */
  create(message: AcceptedMessage, guest: NewGuest, outcomeOf: (accountId: string) => Outcome): Promise<GuestCreation>;
}
