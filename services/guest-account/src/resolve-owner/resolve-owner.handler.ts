import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TransientFailure } from '@inkpost/failure/failure.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { Installation } from '../installation.js';
import { RESOLVE_TRIES } from '../limits.js';
import { creationFailed, decideOwner, type NewGuest, type OwnerRefusal } from './decide-owner.js';
import { GuestBase } from './guest-base.store.js';
import { type AcceptedMessage, ownerCreated, ownerFound, ownerRefused } from './owner-outcome.js';

/** For whom is it printed? The guest with the sender's address; where there is none, a new one, if that is allowed. */
@Injectable()
export class ResolveOwnerHandler implements FlowHandler<'acceptance.message-accepted.v1'> {
  constructor(
    private readonly guestBase: GuestBase,
    private readonly installation: Installation,
  ) {}

  async handle(message: AcceptedMessage): Promise<void> {
    const { language } = this.installation;
    for (let tries = 0; tries < RESOLVE_TRIES; tries += 1) {
      const guest = await this.guestBase.find(message.payload.sender.address);
      const decision = decideOwner(message.payload, guest, language);
      if (decision.kind === 'refused') return this.refuse(message, decision);
      if (decision.kind !== 'created') return this.guestBase.use(message, ownerFound(message, decision.guest, decision.kind, language), decision.guest);
      if (await this.create(message, decision.guest)) return;
    }
    throw new TransientFailure('account.guest-changing', 'The guest was made and erased while a mail of theirs was handled.');
  }

  /** False: another message made the account first, so that the guest must be looked for again. */
  private async create(message: AcceptedMessage, guest: NewGuest): Promise<boolean> {
    const accountId = randomUUID();
    const created = await this.guestBase.create(message, ownerCreated(message, accountId, guest), accountId, guest);
    if (created === 'refused') await this.refuse(message, creationFailed(guest.address));
    return created !== 'taken';
  }

  private async refuse(message: AcceptedMessage, refusal: OwnerRefusal): Promise<void> {
    await this.guestBase.refuse(message, ownerRefused(message, refusal, this.installation.language));
  }
}
