import type { FlowMessage, Outcome, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { GUESTS } from '../directories/directory.js';
import { GUEST_VALID_DAYS, NAME_LENGTH_MAX, OWNER_GROUPS_MAX } from '../limits.js';
import type { PersonLookup, PersonOfDirectory } from '../find-person/ask-directories.js';
import { type Language, languageOf } from '../installation.js';
import type { DirectoryAccount } from '../tell-person/known-sender.js';
import { visibleLine } from '../visible-line.js';
import type { KnownGuest, NewGuest, OwnerRefusal } from './decide-owner.js';

/** A mail that may be printed: as acceptance says so, or as it goes on once its sender was let in. */
export type AcceptedMessage = Pick<FlowMessage<'acceptance.message-accepted.v1'>, 'id' | 'journeyId' | 'payload'>;

type Lookup = PersonLookup<KnownGuest>;

interface FoundGuest {
  readonly kind: 'found' | 'revived';
  readonly lookup: Lookup;
  /** That keeps the guests; empty: this one. */
  readonly server: string;
}

type AccountFacts = Pick<KnownGuest, 'accountId' | 'address' | 'displayName' | 'language' | 'hasPin'> & { readonly directory: string };

/** Somebody whom a directory knows, as others are told of them. */
export function accountOf(message: AcceptedMessage, { directory, person }: PersonOfDirectory, installationLanguage: Language): DirectoryAccount {
  const { accountId, displayName } = person;
  // Mails go to the address that the directory holds as the main one; each person found has one at least.
  const [address = message.payload.sender.address, ...otherAddresses] = person.addresses;
  const language = languageOf(person.language) ?? languageOf(message.payload.language) ?? installationLanguage;
  return { accountId, directory, address, displayName, language, otherAddresses };
}

/** What the journey and the next service are told of somebody whom a directory knows. */
export function ownerKnown(message: AcceptedMessage, { person, groups, groupsProblem, ageSeconds, asked }: PersonOfDirectory, account: DirectoryAccount, hasPin: boolean): Outcome {
  const { accountId, directory, address } = account;
  const evidence = { account: accountId, directory, login: person.login, address, askedBefore: orLeftOut(asked), ...(ageSeconds > 0 ? { answerAgeSeconds: ageSeconds } : {}), ...groupEvidence(groups, groupsProblem) };
  return outcome(message, { step: 'owner-found', evidence }, [ownerResolved(message, { ...account, hasPin }, false, groups)]);
}

/** … of a guest who was there. */
export function ownerFound(message: AcceptedMessage, guest: KnownGuest, { kind, lookup, server }: FoundGuest, installationLanguage: Language): Outcome {
  const evidence = { account: guest.accountId, directory: GUESTS, server: server || undefined, address: guest.address, validUntil: guest.validUntil?.toISOString(), askedBefore: orLeftOut(lookup.asked) };
  return outcome(message, { step: `owner-${kind}`, evidence }, [ownerResolved(message, { ...guest, directory: GUESTS, language: guest.language || installationLanguage }, false, guest.group ? [guest.group] : [])]);
}

/** … of a guest who is made for this message. `server`: that keeps the guests; empty: this one, which tells of its accounts. */
export function ownerCreated(message: AcceptedMessage, accountId: string, guest: NewGuest, server = ''): Outcome {
  const { address, displayName, language } = guest;
  const evidence = { account: accountId, directory: GUESTS, server: server || undefined, address, validDays: GUEST_VALID_DAYS };
  const changed: Publication = { subject: 'account.changed.v1', payload: { accountId, address, displayName, language, version: 1 } };
  return outcome(message, { step: 'owner-created', evidence }, [ownerResolved(message, { accountId, directory: GUESTS, ...guest }, true), ...(server === '' ? [changed] : [])]);
}

/** … of nobody. */
export function ownerRefused(message: AcceptedMessage, refusal: OwnerRefusal, lookup: Lookup, installationLanguage: Language): Outcome {
  const { reason, statusText, cause } = refusal;
  const { messageId, sender, subject, senderMayBeTold, knownSenderMayBeTold } = message.payload;
  const language = languageOf(message.payload.language) ?? installationLanguage;
  const unknownSender = message.payload.unknownSender || 'refuse';
  const [submission] = message.payload.submissions;
  if (submission) return submissionRefused(message, refusal, { login: submission.userLogin, lookup });
  return outcome(message, { step: 'owner-refused', evidence: { reason, statusText, cause, address: sender.address, unknownSender, ...whoKnowsThem(lookup) } }, [
    { subject: 'account.owner-refused.v1', payload: { messageId, sender, subject, language, reason, statusText, senderMayBeTold, knownSenderMayBeTold } },
  ]);
}

/** Whoever handed the document in hears of it, and nobody is mailed. A login that nobody has is named as it was given. */
function submissionRefused(message: AcceptedMessage, { reason, statusText, cause }: OwnerRefusal, { login, lookup }: { readonly login: string; readonly lookup: Lookup }): Outcome {
  const { sender, documents } = message.payload;
  const told = login !== '' && lookup.kind === 'nobody' ? `No user with an e-mail address found with login: ${login}` : statusText;
  return outcome(
    message, { step: 'owner-refused', evidence: { reason, statusText: told, cause, address: sender.address || undefined, login: login || undefined, ...whoKnowsThem(lookup) } },
    documents.map(({ documentId }): Publication => ({ subject: 'account.submission-refused.v1', payload: { jobId: documentId, reason, statusText: told } })),
  );
}

function outcome({ journeyId }: AcceptedMessage, entry: JourneyEntry, publish: readonly Publication[]): Outcome {
  return { journeyId, entries: [entry], publish };
}

function ownerResolved({ payload }: AcceptedMessage, { accountId, directory, address, displayName, language, hasPin = false }: AccountFacts, created: boolean, groups: readonly string[] = []): Publication {
  const { messageId, mailboxId, queueId, subject, documents, refusedParts, automatic, submissions } = payload;
  return {
    subject: 'account.owner-resolved.v1',
    payload: { messageId, mailboxId, queueId, owner: { accountId, directory, address, displayName, language }, created, subject, documents, refusedParts, automatic, ownerGroups: boundedGroups(groups), ownerHasPin: hasPin, submissions },
  };
}

/** As documents bear them. Of somebody in very many groups the first ones count, which the journey says. */
export function boundedGroups(groups: readonly string[]): string[] {
  return [...new Set(groups.map((name) => visibleLine(name, NAME_LENGTH_MAX)).filter((name) => name !== ''))].toSorted().slice(0, OWNER_GROUPS_MAX);
}

function groupEvidence(groups: readonly string[], groupsProblem: string | undefined) {
  return {
    ...(groups.length > 0 ? { groups: boundedGroups(groups) } : {}), ...(groups.length > OWNER_GROUPS_MAX ? { groupsLeftOut: groups.length - OWNER_GROUPS_MAX } : {}),
    ...(groupsProblem === undefined ? {} : { groupsProblem }),
  };
}

/** Where it was looked, and for whom of several nobody can say that it is printed. */
function whoKnowsThem(lookup: Lookup) {
  switch (lookup.kind) {
    case 'nobody':
      return { notIn: orLeftOut(lookup.asked) };
    case 'ambiguous':
      return { directory: lookup.directory, logins: [...lookup.logins] };
    case 'guest':
      return {
        directory: lookup.directory,
        validFrom: lookup.guest.notYet ? lookup.guest.validFrom?.toISOString() : undefined, validUntil: lookup.guest.expired ? lookup.guest.validUntil?.toISOString() : undefined,
      };
    case 'person':
    default:
      return { directory: lookup.directory };
  }
}

function orLeftOut(names: readonly string[]): string[] | undefined {
  return names.length > 0 ? [...names] : undefined;
}
