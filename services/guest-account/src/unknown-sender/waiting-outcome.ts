import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Outcome, Publication } from '@inkpost/flow/flow-client.js';
import type { Payload } from '@inkpost/flow/payload.js';
import { languageOf, type Language } from '../installation.js';
import type { WaitingPolicy } from '../resolve-owner/decide-owner.js';
import type { AcceptedMessage } from '../resolve-owner/owner-outcome.js';
import type { Answer } from './waiting-sender.js';

type Accepted = Payload<'acceptance.message-accepted.v1'>;

/** A mail whose sender waits. */
export interface Waiting {
  readonly waitingId: string;
  readonly waitsUntil: Date;
  readonly policy: WaitingPolicy;
  readonly sponsors: readonly string[];
  /** The sender's first one that waits: somebody is to be asked. */
  readonly isFirst: boolean;
  /** Names of directories that don't know the sender. */
  readonly notIn: readonly string[];
}

/** What the journey is told of a mail that waits, and who is asked: only about the first one. */
export function senderAwaited({ journeyId, payload }: AcceptedMessage, { waitingId, waitsUntil, policy, sponsors, isFirst, notIn }: Waiting): Outcome {
  const { sender, subject, documents, language } = payload;
  const evidence = {
    address: sender.address, policy, waitsUntil: waitsUntil.toISOString(), alreadyAsked: !isFirst,
    sponsors: sponsors.length > 0 ? [...sponsors] : undefined, notIn: notIn.length > 0 ? [...notIn] : undefined,
  };
  const ask = (asked: 'sender' | 'sponsor', address: string, place: number): Publication => ({
    subject: 'account.confirmation-wanted.v1',
    payload: { waitingId, waitsUntil: timestampFromDate(waitsUntil), asked, place, address, sender, subject, documents, language },
  });
  const asked = policy === 'confirm' ? [ask('sender', sender.address, 0)] : sponsors.map((sponsor, index) => ask('sponsor', sponsor, index + 1));
  return { journeyId, entries: [{ step: 'sender-awaited', evidence }], publish: isFirst ? asked : [] };
}

/** … of one that goes on, as if unknown senders might print. */
export function senderApproved(payload: Accepted, { by, name }: Answer): Outcome {
  const { messageId, sender: { address } } = payload;
  return {
    journeyId: messageId, entries: [{ step: 'sender-approved', evidence: { address, by, name: name || undefined } }],
    publish: [{ subject: 'account.sender-approved.v1', payload: letIn(payload, by, name) }],
  };
}

export function letIn(payload: Accepted, approvedBy: string, approver: string): Accepted {
  return { ...payload, unknownSender: 'create', approvedBy, approver };
}

/** … of one that ends here. */
export function senderNotLetIn(payload: Accepted, policy: WaitingPolicy, { state, by, name }: Answer, installationLanguage: Language): Outcome {
  const { messageId, sender, subject, senderMayBeTold, knownSenderMayBeTold } = payload;
  const reason = state === 'expired' ? 'sender-not-confirmed' : 'sender-rejected';
  const statusText = state === 'expired' ? expiredText(policy, sender.address) : rejectedText(by, sender.address);
  // Whoever says that the mail isn't theirs needs no notice of it.
  const mayBeTold = by === 'sender' ? {} : { senderMayBeTold, knownSenderMayBeTold };
  return {
    journeyId: messageId,
    entries: [{ step: 'owner-refused', evidence: { reason, statusText, address: sender.address, unknownSender: policy, by: by || undefined, name: name || undefined } }],
    publish: [{ subject: 'account.owner-refused.v1', payload: { messageId, sender, subject, language: languageOf(payload.language) ?? installationLanguage, reason, statusText, ...mayBeTold } }],
  };
}

function rejectedText(by: Answer['by'], address: string): string {
  return by === 'sender' ? `The owner of this e-mail address did not send the job: ${address}` : `Nobody vouched for this e-mail address: ${address}`;
}

function expiredText(policy: WaitingPolicy, address: string): string {
  return policy === 'confirm' ? `This e-mail address was not confirmed in time: ${address}` : `Nobody let this e-mail address in in time: ${address}`;
}
