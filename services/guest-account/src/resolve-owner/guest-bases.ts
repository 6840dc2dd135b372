import { Injectable } from '@nestjs/common';
import type { GuestBase } from '../ports/guest-base.port.js';
import type { KnownSender } from '../tell-person/known-sender.js';
import type { KnownGuest } from './decide-owner.js';
import type { LocalGuestBase } from './guest-base.store.js';

/** The guest base that holds for one mail, and the question for its sender. */
export interface GuestQuestion {
  /** Of the directories and the guest base: so every mail goes by the settings of now, at no cost of its own. */
  readonly revision: number;
  readonly base: GuestBase;
  readonly known: KnownSender;
  /** Asks at most once, and another server only then. */
  readonly findGuest: () => Promise<KnownGuest | undefined>;
}

/** Which guest base it is now: this installation's own, or that of the server which is set for user management (SKY-054). */
@Injectable()
export class GuestBases {
  constructor(
    private readonly local: LocalGuestBase,
    /** The other server's as of this revision; undefined: there is none. */
    private readonly remote: (revision: number) => Promise<GuestBase | undefined>,
  ) {}

  /** `address`: as the mail bears it. */
  async ask(address: string): Promise<GuestQuestion> {
    const { revision, guest, known } = await this.local.lookUp(address);
    const remote = await this.remote(revision);
    if (!remote) return { revision, base: this.local, known, findGuest: async () => guest };
    // Guests who are kept elsewhere are nobody's to merge here.
    return { revision, base: remote, known: { ...known, guest: undefined, guestAddresses: [] }, findGuest: () => remote.find(address) };
  }
}
