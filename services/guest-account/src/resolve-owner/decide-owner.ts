import type { Payload } from '@inkpost/flow/payload.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { PersonLookup, PersonOfDirectory } from '../find-person/ask-directories.js';
import { type Language, languageOf } from '../installation.js';
import { NAME_LENGTH_MAX } from '../limits.js';
import { visibleLine } from '../visible-line.js';

/** A guest as the flow needs it. */
export interface KnownGuest {
  readonly accountId: string;
  readonly address: string;
  readonly displayName: string;
  /** fr, en, or empty: the installation's language. */
  readonly language: string;
  readonly locked: boolean;
  readonly validFrom: Date | null;
  /** valid_from lies ahead. */
  readonly notYet: boolean;
  readonly validUntil: Date | null;
  /** valid_until lies in the past. */
  readonly expired: boolean;
  /** Each use moves the end of the account. */
  readonly renewed: boolean;
  /** Absent: another server keeps the guest, and doesn't say; or in none. */
  readonly group?: string;
  /** Proves to be it by a PIN at a release point. Absent: another server keeps the guest. */
  readonly hasPin?: boolean;
}

/** A guest to be made from a sender's address (WSC-005). */
export interface NewGuest {
  readonly address: string;
  readonly displayName: string;
  readonly language: Language;
  /** Address of the sponsor who vouched for the guest; empty: none did. */
  readonly visitedPerson: string;
}

const WAITING_POLICIES = ['confirm', 'sponsor', 'hold'] as const;

/** Who may let an unknown sender in: the sender by a link, a sponsor by a link, or an administrator. */
export type WaitingPolicy = (typeof WAITING_POLICIES)[number];

export interface OwnerRefusal {
  readonly kind: 'refused';
  readonly reason: 'no-account' | 'account-locked' | 'account-ambiguous' | 'account-expired' | 'account-not-yet-valid' | 'account-not-created' | 'too-many-waiting';
  /** Shown to people; SKY-121 and SKY-122 give the wording of two of them. */
  readonly statusText: string;
  /** For administrators: what kept a guest from being made. */
  readonly cause?: string;
}

export type OwnerDecision =
  | { readonly kind: 'known'; readonly lookup: PersonOfDirectory }
  | { readonly kind: 'found' | 'revived'; readonly guest: KnownGuest }
  | { readonly kind: 'created'; readonly guest: NewGuest }
  | { readonly kind: 'awaited'; readonly policy: WaitingPolicy }
  | OwnerRefusal;

type AcceptedPayload = Payload<'acceptance.message-accepted.v1'>;
type Accepted = { readonly sender: Pick<AcceptedPayload['sender'], 'address' | 'displayName'> } & Pick<AcceptedPayload, 'language' | 'unknownSender' | 'approvedBy' | 'approver' | 'senderMayBeTold' | 'knownSenderMayBeTold'>;

/** For whom is it printed? For whomever a directory knows by the sender's address; where none does, for a new guest, if that is allowed (SKY-072). */
export function decideOwner(message: Accepted, lookup: PersonLookup<KnownGuest>, installationLanguage: Language): OwnerDecision {
  const { address } = message.sender;
  switch (lookup.kind) {
    case 'person':
      return lookup.person.locked ? locked(address) : { kind: 'known', lookup };
    case 'ambiguous':
      return refused('account-ambiguous', `Several users of the directory ${lookup.directory} have this e-mail address: ${address}`);
    case 'guest':
      return decideGuest(message, lookup.guest, address);
    case 'nobody':
    default:
      return message.unknownSender === 'create' ? decideCreation(message, address, installationLanguage) : decideWaiting(message, refused('no-account', `No user found with e-mail address: ${address}`));
  }
}

/** Creating was allowed and did not succeed, for a reason of ours or of the server that keeps the guests. */
export function creationFailed(address: string, cause?: string): OwnerRefusal {
  const refusal = refused('account-not-created', `Failed to create a new user with e-mail address: ${address}`);
  return cause === undefined ? refusal : { ...refusal, cause };
}

function decideGuest(message: Accepted, guest: KnownGuest, address: string): OwnerDecision {
  if (guest.locked) return locked(address);
  if (guest.notYet) return refused('account-not-yet-valid', `The account of this e-mail address is not valid yet: ${address}`);
  if (!guest.expired) return { kind: 'found', guest };
  // Who may become a guest anew may also be one again; an end that an administrator set stands.
  const ended = refused('account-expired', `The account of this e-mail address has expired: ${address}`);
  if (!guest.renewed) return ended;
  return message.unknownSender === 'create' ? { kind: 'revived', guest } : decideWaiting(message, ended);
}

function decideCreation(message: Accepted, address: string, installationLanguage: Language): OwnerDecision {
  // The guest base holds normal addresses only: any other would never be found again.
  if (parseMailAddress(address)?.text !== address) return creationFailed(address);
  const visitedPerson = message.approvedBy === 'sponsor' ? message.approver : '';
  return { kind: 'created', guest: { address, displayName: visibleLine(message.sender.displayName, NAME_LENGTH_MAX), language: languageOf(message.language) ?? installationLanguage, visitedPerson } };
}

/** An unknown sender, or an automatic guest of old, whom somebody may let in; `otherwise`: where nobody may. */
function decideWaiting(message: Accepted, otherwise: OwnerRefusal): OwnerDecision {
  const policy = WAITING_POLICIES.find((each) => each === message.unknownSender);
  if (policy === undefined) return otherwise;
  const { address } = message.sender;
  if (parseMailAddress(address)?.text !== address) return creationFailed(address);
  const mayBeAsked = message.senderMayBeTold || message.knownSenderMayBeTold;
  // The link itself shows whose the address is; but an automatic mail is never answered (RFC 3834, 2), nor one that is certainly forged.
  if (policy === 'confirm' && !mayBeAsked) return { ...otherwise, cause: 'The sender was not asked to confirm: the mail came from a program, or its sender may be forged.' };
  return { kind: 'awaited', policy };
}

/** More mails wait than may. */
export function tooManyWaiting(address: string): OwnerRefusal {
  return refused('too-many-waiting', `Too many jobs wait for this e-mail address to be let in: ${address}`);
}

function refused(reason: OwnerRefusal['reason'], statusText: string): OwnerRefusal {
  return { kind: 'refused', reason, statusText };
}

function locked(address: string): OwnerRefusal {
  return refused('account-locked', `The account of this e-mail address is locked: ${address}`);
}
