import { Injectable } from '@nestjs/common';
import { TransientFailure } from '@inkpost/failure/failure.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { askDirectories, type PersonLookup } from '../find-person/ask-directories.js';
import { LiveDirectories } from '../find-person/live-directories.js';
import { Installation } from '../installation.js';
import { RESOLVE_TRIES } from '../limits.js';
import type { GuestBase } from '../ports/guest-base.port.js';
import { creationFailed, decideOwner, type KnownGuest, type NewGuest, type OwnerRefusal } from './decide-owner.js';
import { LocalGuestBase } from './guest-base.store.js';
import { GuestBases } from './guest-bases.js';
import { type AcceptedMessage, ownerCreated, ownerFound, ownerKnown, ownerRefused } from './owner-outcome.js';

type Lookup = PersonLookup<KnownGuest>;

/** For whom is it printed? Whoever a directory knows by the sender's address; where none does, a new guest, if that is allowed. */
@Injectable()
export class ResolveOwner {
  constructor(
    private readonly own: LocalGuestBase,
    private readonly guestBases: GuestBases,
    private readonly directories: LiveDirectories,
    private readonly installation: Installation,
  ) {}

  async resolveOwner(message: AcceptedMessage): Promise<void> {
    for (let tries = 0; tries < RESOLVE_TRIES; tries += 1) {
      const { lookup, base } = await this.lookUp(message.payload.sender.address);
      if (await this.resolve(message, lookup, base)) return;
    }
    throw new TransientFailure('account.guest-changing', 'The guest was made and erased while a mail of theirs was handled.');
  }

  private async lookUp(address: string): Promise<{ readonly lookup: Lookup; readonly base: GuestBase }> {
    const { revision, base, findGuest } = await this.guestBases.ask(address);
    // Directories are asked for normal addresses only: nobody has another one, and a server may take offence at it.
    if (parseMailAddress(address)?.text !== address) return { base, lookup: { kind: 'nobody', asked: [] } };
    return { base, lookup: await askDirectories(await this.directories.order(revision), address, findGuest) };
  }

  /** False: another message made the account first, so that the guest must be looked for again. */
  private async resolve(message: AcceptedMessage, lookup: Lookup, base: GuestBase): Promise<boolean> {
    const { language } = this.installation;
    const decision = decideOwner(message.payload, lookup, language);
    switch (decision.kind) {
      case 'known':
        await this.own.handOver(message, ownerKnown(message, decision.lookup, language));
        return true;
      case 'found':
      case 'revived':
        await base.use(message, ownerFound(message, decision.guest, { kind: decision.kind, lookup, server: base.server }, language), decision.guest);
        return true;
      case 'created':
        return this.create(message, decision.guest, lookup, base);
      case 'refused':
      default:
        await this.refuse(message, decision, lookup);
        return true;
    }
  }

  private async create(message: AcceptedMessage, guest: NewGuest, lookup: Lookup, base: GuestBase): Promise<boolean> {
    const creation = await base.create(message, guest, (accountId) => ownerCreated(message, accountId, guest, base.server));
    if (creation.outcome === 'refused') await this.refuse(message, creationFailed(guest.address, creation.cause), lookup);
    return creation.outcome !== 'taken';
  }

  private async refuse(message: AcceptedMessage, refusal: OwnerRefusal, lookup: Lookup): Promise<void> {
    await this.own.refuse(message, ownerRefused(message, refusal, lookup, this.installation.language));
  }
}
