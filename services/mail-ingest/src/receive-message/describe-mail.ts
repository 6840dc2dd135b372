import type { JsonValue } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { SenderAuthentication } from '../authenticate-sender/sender-authentication.js';
import { MESSAGE_ID_CHARACTERS_MAX, SUBJECT_CHARACTERS_MAX } from '../limits.js';
import { automaticSign } from './automatic-sign.js';
import { statusText } from './decide-part.js';
import type { Extraction } from './extract-documents.js';
import { mailLanguage } from './mail-language.js';
import { decodeWords } from './read-mail/decode-words.js';
import { readSender } from './read-sender.js';
import type { IncomingMail } from './incoming-mail.js';
import { safeText } from './safe-text.js';

export interface TakenMail {
  readonly messageId: string;
  readonly receivedAt: Date;
  readonly mail: Pick<IncomingMail, 'mailbox' | 'source' | 'origin' | 'envelopeSender'>;
  readonly extraction: Extraction;
  readonly authentication: SenderAuthentication;
  readonly sizeBytes: number;
}

/** What is written and told about a mail. */
export interface DescribedMail {
  readonly messageId: string;
  readonly internetMessageId: string;
  /** For journey.begin_message. */
  readonly head: Readonly<Record<string, string>>;
  readonly entries: readonly JourneyEntry[];
  readonly publication: Publication;
}

/** Puts what was read of a mail into words: the fact for acceptance, and the first lines of its journey. */
export function describeMail({ messageId, receivedAt, mail, extraction, authentication, sizeBytes }: TakenMail): DescribedMail {
  const { header, documents, refused } = extraction;
  const sender = readSender(header);
  const subject = safeText(decodeWords(header.first('subject')), SUBJECT_CHARACTERS_MAX);
  const internetMessageId = safeText(header.first('message-id'), MESSAGE_ID_CHARACTERS_MAX);
  const sign = automaticSign(header, mail.envelopeSender);
  const refusedParts = refused.map((part) => ({ documentId: part.id, fileName: part.fileName, mediaType: part.mediaType, reason: part.reason, statusText: statusText(part.reason, part.id) }));
  const received: JourneyEntry = {
    step: 'received',
    evidence: {
      source: mail.source, mailbox: mail.mailbox.address, ...mail.origin, sizeBytes, internetMessageId,
      sender: sender.address, senderProblem: sender.problem, envelopeSender: mail.envelopeSender, automaticSign: sign, documents: documents.length, refusedParts: refused.length,
    },
  };
  return {
    messageId,
    internetMessageId,
    head: { receivedAt: receivedAt.toISOString(), sender: sender.address, subject, internetMessageId, mailbox: mail.mailbox.address },
    entries: [received, ...describeAuthentication(authentication), ...describeParts(extraction)],
    publication: {
      subject: 'mail.message-received.v1',
      payload: {
        messageId, mailboxId: mail.mailbox.id, mailboxAddress: mail.mailbox.address, queueId: mail.mailbox.queueId, receivedAt: timestampFromDate(receivedAt),
        sender: { address: sender.address, displayName: sender.displayName }, subject, internetMessageId, automatic: sign !== undefined, language: mailLanguage(header),
        documents: documents.map(({ id, fileName, sizeBytes, sha256 }) => ({ documentId: id, fileName, documentFormat: 'application/pdf', sizeBytes, sha256 })),
        refusedParts, ...authenticationFact(authentication),
      },
    },
  };
}

/** Nothing where nobody measured anything. */
function describeAuthentication({ verdict, measuredBy, basis, spf, dkim, dmarc, arc }: SenderAuthentication): JourneyEntry[] {
  if (measuredBy === '') return [];
  const signatures = dkim.map(({ result, domain }) => ({ result, domain }));
  return [entry('sender-authenticated', { verdict, basis, measuredBy, spf: spf.result, spfDomain: spf.domain, dkim: signatures, dmarc: dmarc.result, dmarcPolicy: dmarc.policy, arc: arc.result, arcSealer: arc.sealer })];
}

function authenticationFact({ verdict, measuredBy, basis, spf, dkim, dmarc, arc }: SenderAuthentication) {
  const authentication = {
    measuredBy, basis, spf: spf.result, spfDomain: spf.domain, dkim: dkim.map(({ result, domain }) => ({ result, domain })),
    dmarc: dmarc.result, dmarcPolicy: dmarc.policy, arc: arc.result, arcSealer: arc.sealer,
  };
  return { senderAuthentication: verdict, authentications: measuredBy === '' ? [] : [authentication] };
}

function describeParts({ documents, refused, ignored, unlistedParts, stopped }: Extraction): JourneyEntry[] {
  const entries: JourneyEntry[] = [
    ...documents.map(({ id, fileName, mediaType, sizeBytes, sha256 }) => entry('document-extracted', { fileName, mediaType, sizeBytes, sha256 }, id)),
    ...refused.map((part) => entry('part-refused', { fileName: part.fileName, mediaType: part.mediaType, reason: part.reason, statusText: statusText(part.reason, part.id) }, part.id)),
    ...ignored.map(({ fileName, mediaType, reason }) => entry('part-ignored', { fileName, mediaType, reason })),
  ];
  if (unlistedParts > 0) entries.push(entry('parts-not-listed', { parts: unlistedParts }));
  if (stopped) entries.push(entry('reading-stopped', { reason: stopped }));
  return entries;
}

function entry(step: string, evidence: Record<string, JsonValue>, document?: string): JourneyEntry {
  return document === undefined ? { step, evidence } : { step, evidence, document };
}
