import { TransientFailure } from '@inkpost/failure/failure.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { askDirectories, type PersonLookup, type PersonOfDirectory } from '../find-person/ask-directories.js';
import type { LiveDirectories } from '../find-person/live-directories.js';
import type { Installation } from '../installation.js';
import { RESOLVE_TRIES } from '../limits.js';
import type { GuestBase } from '../ports/guest-base.port.js';
import type { PinStore } from '../set-pin/pin.store.js';
import { decideTelling, type KnownSender } from '../tell-person/known-sender.js';
import type { PersonHandOver } from '../tell-person/person-hand-over.store.js';
import { tellingChange, tellingMerge } from '../tell-person/telling-outcome.js';
import { letIn } from '../unknown-sender/waiting-outcome.js';
import type { WaitingSenderStore } from '../unknown-sender/waiting-sender.store.js';
import { creationFailed, decideOwner, type KnownGuest, type NewGuest, type OwnerRefusal, tooManyWaiting, type WaitingPolicy } from './decide-owner.js';
import type { LocalGuestBase } from './guest-base.store.js';
import type { GuestBases } from './guest-bases.js';
import type { LoginOwners } from './whose-login.js';
import { accountOf, type AcceptedMessage, ownerCreated, ownerFound, ownerKnown, ownerRefused } from './owner-outcome.js';

type Lookup = PersonLookup<KnownGuest>;

interface ResolveOwnerParts {
  /** This installation's own one. */
  readonly own: LocalGuestBase;
  readonly guestBases: GuestBases;
  readonly directories: LiveDirectories;
  readonly waiting: WaitingSenderStore;
  readonly people: PersonHandOver;
  readonly pins: PinStore;
  readonly logins: LoginOwners;
  readonly installation: Installation;
}

/** For whom is it printed? Whoever a directory knows by the sender's address; where none does, a new guest, if that is allowed, or once somebody lets the sender in. */
export class ResolveOwner {
  constructor(private readonly parts: ResolveOwnerParts) {}

  async resolveOwner(message: AcceptedMessage): Promise<void> {
    for (let tries = 0; tries < RESOLVE_TRIES; tries += 1) {
      const { found, lookup, base, known } = await this.find(message);
      if (await this.resolve(found, lookup, base, known)) return;
    }
    throw new TransientFailure('account.guest-changing', 'The guest was made and erased while a mail of theirs was handled.');
  }

  /** Who it is for: whoever has the sender's address, or the login that a program names; from here on both are known by an address. */
  private async find(message: AcceptedMessage) {
    const { sender, submissions } = message.payload;
    const login = submissions[0]?.userLogin ?? '';
    if (login === '') return { found: message, ...(await this.lookUp(sender.address)) };
    const owner = await this.parts.logins.find(login);
    const address = owner?.address ?? '';
    const found = { ...message, payload: { ...message.payload, sender: { ...sender, address } } };
    const { base, known, findGuest } = await this.parts.guestBases.ask(address);
    const guest = owner && !owner.person ? await findGuest() : undefined;
    const lookup: Lookup = owner?.person ?? (owner && guest ? { kind: 'guest', directory: owner.directory, guest, asked: [] } : { kind: 'nobody', asked: [] });
    return { found, base, known, lookup };
  }

  /** Who has this address. Throws the `CauseDown` of a directory that can't be asked. */
  async lookUp(address: string): Promise<{ readonly lookup: Lookup; readonly base: GuestBase; readonly known: KnownSender }> {
    const { revision, base, known, findGuest } = await this.parts.guestBases.ask(address);
    // Directories are asked for normal addresses only: nobody has another one, and a server may take offence at it.
    if (parseMailAddress(address)?.text !== address) return { base, known, lookup: { kind: 'nobody', asked: [] } };
    return { base, known, lookup: await askDirectories(await this.parts.directories.order(revision), address, findGuest) };
  }

  /** False: another message made or merged the guest first, who must be looked for again. */
  private async resolve(message: AcceptedMessage, lookup: Lookup, base: GuestBase, known: KnownSender): Promise<boolean> {
    const { language } = this.parts.installation;
    const decision = decideOwner(message.payload, lookup, language);
    switch (decision.kind) {
      case 'known':
        return this.handOver(message, decision.lookup, known);
      case 'found':
      case 'revived':
        await base.use(message, ownerFound(message, decision.guest, { kind: decision.kind, lookup, server: base.server }, language), decision.guest);
        return true;
      case 'created':
        return this.create(message, decision.guest, lookup, base);
      case 'awaited':
        return this.park(message, decision.policy, { lookup, base, known });
      case 'refused':
      default:
        await this.refuse(message, decision, lookup);
        return true;
    }
  }

  /** Others are told of whoever a directory knows when there is something new, and of a guest who turns out to be them. */
  private async handOver(message: AcceptedMessage, lookup: PersonOfDirectory, known: KnownSender): Promise<boolean> {
    const account = accountOf(message, lookup, this.parts.installation.language);
    const outcome = ownerKnown(message, lookup, account, await this.hasPin(account.accountId, known));
    const telling = decideTelling(account, lookup.person.addresses, known);
    switch (telling.kind) {
      case 'merge':
        return this.parts.people.handOverMerging(message, tellingMerge(outcome, account, telling.guestAccountId), account, telling.guestAccountId);
      case 'tell':
        await this.parts.people.handOverTelling(message, tellingChange(outcome, account), account);
        return true;
      case 'told-before':
      default:
        await this.parts.people.handOver(message, outcome);
        return true;
    }
  }

  /** Who has this address, and whether they have a PIN, where nothing is made of it. Throws as `lookUp`. */
  async search(address: string): Promise<{ readonly lookup: Lookup; readonly hasPin: boolean }> {
    const { lookup, known } = await this.lookUp(address);
    if (lookup.kind === 'guest') return { lookup, hasPin: lookup.guest.hasPin ?? false };
    return { lookup, hasPin: lookup.kind === 'person' && (await this.hasPin(lookup.person.accountId, known)) };
  }

  /** Of who sent mails before it came along with what is known of the address. */
  private async hasPin(accountId: string, { knownPerson, guest }: KnownSender): Promise<boolean> {
    if (guest?.hasPin) return true;
    return knownPerson?.accountId === accountId ? knownPerson.hasPin : this.parts.pins.has(accountId);
  }

  private async create(message: AcceptedMessage, guest: NewGuest, lookup: Lookup, base: GuestBase): Promise<boolean> {
    const creation = await base.create(message, guest, (accountId) => ownerCreated(message, accountId, guest, base.server));
    if (creation.outcome === 'refused') await this.refuse(message, creationFailed(guest.address, creation.cause), lookup);
    return creation.outcome !== 'taken';
  }

  private async park(message: AcceptedMessage, policy: WaitingPolicy, { lookup, base, known }: { readonly lookup: Lookup; readonly base: GuestBase; readonly known: KnownSender }): Promise<boolean> {
    const parked = await this.parts.waiting.park(message, policy, lookup.asked);
    if (parked.kind === 'let-in') return this.resolve({ ...message, payload: letIn(message.payload, parked.by, parked.name) }, lookup, base, known);
    if (parked.kind === 'full') await this.refuse(message, tooManyWaiting(message.payload.sender.address), lookup);
    return true;
  }

  private async refuse(message: AcceptedMessage, refusal: OwnerRefusal, lookup: Lookup): Promise<void> {
    await this.parts.own.refuse(message, ownerRefused(message, refusal, lookup, this.parts.installation.language));
  }
}
