import type { FlowMessage, Outcome, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { GUEST_VALID_DAYS } from '../limits.js';
import type { Language } from '../installation.js';
import { type KnownGuest, languageOf, type NewGuest, type OwnerRefusal } from './decide-owner.js';

export type AcceptedMessage = FlowMessage<'acceptance.message-accepted.v1'>;

type AccountFacts = Pick<KnownGuest, 'accountId' | 'address' | 'displayName' | 'language'>;

/** What the journey and the next service are told of a guest who was there. */
export function ownerFound(message: AcceptedMessage, guest: KnownGuest, kind: 'found' | 'revived', installationLanguage: Language): Outcome {
  const evidence = { account: guest.accountId, directory: 'guests', address: guest.address, validUntil: guest.validUntil?.toISOString() };
  return outcome(message, { step: `owner-${kind}`, evidence }, [ownerResolved(message, { ...guest, language: guest.language || installationLanguage }, false)]);
}

/** … of a guest who is made for this message. */
export function ownerCreated(message: AcceptedMessage, accountId: string, guest: NewGuest): Outcome {
  const { address, displayName, language } = guest;
  const evidence = { account: accountId, directory: 'guests', address, validDays: GUEST_VALID_DAYS };
  return outcome(message, { step: 'owner-created', evidence }, [
    ownerResolved(message, { accountId, ...guest }, true),
    { subject: 'account.changed.v1', payload: { accountId, address, displayName, language, version: 1 } },
  ]);
}

/** … of nobody. */
export function ownerRefused(message: AcceptedMessage, { reason, statusText }: OwnerRefusal, installationLanguage: Language): Outcome {
  const { messageId, sender, subject, senderMayBeTold, knownSenderMayBeTold, userCreationAllowed } = message.payload;
  const language = languageOf(message.payload.language) ?? installationLanguage;
  return outcome(message, { step: 'owner-refused', evidence: { reason, statusText, address: sender.address, userCreationAllowed } }, [
    { subject: 'account.owner-refused.v1', payload: { messageId, sender, subject, language, reason, statusText, senderMayBeTold, knownSenderMayBeTold } },
  ]);
}

function outcome({ journeyId }: AcceptedMessage, entry: JourneyEntry, publish: readonly Publication[]): Outcome {
  return { journeyId, entries: [entry], publish };
}

function ownerResolved({ payload }: AcceptedMessage, { accountId, address, displayName, language }: AccountFacts, created: boolean): Publication {
  const { messageId, mailboxId, queueId, subject, documents, refusedParts, automatic } = payload;
  return {
    subject: 'account.owner-resolved.v1',
    payload: { messageId, mailboxId, queueId, owner: { accountId, directory: 'guests', address, displayName, language }, created, subject, documents, refusedParts, automatic },
  };
}
