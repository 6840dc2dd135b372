import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TransientFailure } from '@inkpost/failure/failure.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { askDirectories, type PersonLookup } from '../find-person/ask-directories.js';
import { LiveDirectories } from '../find-person/live-directories.js';
import { Installation } from '../installation.js';
import { RESOLVE_TRIES } from '../limits.js';
import { creationFailed, decideOwner, type KnownGuest, type NewGuest, type OwnerRefusal } from './decide-owner.js';
import { GuestBase } from './guest-base.store.js';
import { type AcceptedMessage, ownerCreated, ownerFound, ownerKnown, ownerRefused } from './owner-outcome.js';

type Lookup = PersonLookup<KnownGuest>;

/** For whom is it printed? Whoever a directory knows by the sender's address; where none does, a new guest, if that is allowed. */
@Injectable()
export class ResolveOwnerHandler implements FlowHandler<'acceptance.message-accepted.v1'> {
  constructor(
    private readonly guestBase: GuestBase,
    private readonly directories: LiveDirectories,
    private readonly installation: Installation,
  ) {}

  async handle(message: AcceptedMessage): Promise<void> {
    for (let tries = 0; tries < RESOLVE_TRIES; tries += 1) {
      if (await this.resolve(message, await this.lookUp(message.payload.sender.address))) return;
    }
    throw new TransientFailure('account.guest-changing', 'The guest was made and erased while a mail of theirs was handled.');
  }

  private async lookUp(address: string): Promise<Lookup> {
    const { guest, revision } = await this.guestBase.find(address);
    // Directories are asked for normal addresses only: nobody has another one, and a server may take offence at it.
    if (parseMailAddress(address)?.text !== address) return { kind: 'nobody', asked: [] };
    return askDirectories(await this.directories.order(revision), address, guest);
  }

  /** False: another message made the account first, so that the guest must be looked for again. */
  private async resolve(message: AcceptedMessage, lookup: Lookup): Promise<boolean> {
    const { language } = this.installation;
    const decision = decideOwner(message.payload, lookup, language);
    switch (decision.kind) {
      case 'known':
        await this.guestBase.handOver(message, ownerKnown(message, decision.lookup, language));
        return true;
      case 'found':
      case 'revived':
        await this.guestBase.use(message, ownerFound(message, decision.guest, decision.kind, lookup, language), decision.guest);
        return true;
      case 'created':
        return this.create(message, decision.guest, lookup);
      case 'refused':
      default:
        await this.refuse(message, decision, lookup);
        return true;
    }
  }

  private async create(message: AcceptedMessage, guest: NewGuest, lookup: Lookup): Promise<boolean> {
    const accountId = randomUUID();
    const created = await this.guestBase.create(message, ownerCreated(message, accountId, guest), accountId, guest);
    if (created === 'refused') await this.refuse(message, creationFailed(guest.address), lookup);
    return created !== 'taken';
  }

  private async refuse(message: AcceptedMessage, refusal: OwnerRefusal, lookup: Lookup): Promise<void> {
    await this.guestBase.refuse(message, ownerRefused(message, refusal, lookup, this.installation.language));
  }
}
