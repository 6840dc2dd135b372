import { DOCUMENTS_MAX, MAIL_BYTES_MAX } from '../limits.js';
import type { PartLabel } from './read-mail/read-mail.js';

export interface PartFacts extends PartLabel {
  /** The signature stands where a PDF has it. */
  readonly isPdf: boolean;
}

/** Parts that belong to a mail as it is, and are neither printed nor complained about. */
export type IgnoredReason = 'text' | 'rich-text' | 'inline-image' | 'signature' | 'calendar' | 'contact' | 'report' | 'mac-metadata';

/** Why a part is refused; acceptance adds reasons of its own. */
export type RefusedReason = 'unsupported-format' | 'not-a-pdf' | 'encrypted-mail' | 'partial-mail' | 'too-many-documents' | 'too-large';

export type PartFate =
  | { readonly fate: 'document' }
  | { readonly fate: 'refused'; readonly reason: Exclude<RefusedReason, 'too-many-documents' | 'too-large'> }
  | { readonly fate: 'ignored'; readonly reason: IgnoredReason };

/** S/MIME and PGP signatures (RFC 8551, RFC 3156), not what is encrypted: that is content which can't be read. */
const SIGNATURES = new Set(['application/pkcs7-signature', 'application/x-pkcs7-signature', 'application/pgp-signature', 'application/pgp-keys', 'application/pgp-encrypted']);
/** Of signatures and certificates, whatever type they are sent as. */
const SIGNATURE_NAME = /\.p7[sc]$/i;
const CALENDARS = new Set(['text/calendar', 'application/ics']);
const CONTACTS = new Set(['text/vcard', 'text/x-vcard', 'text/directory']);
const REPORTS = new Set(['message/delivery-status', 'message/global-delivery-status', 'message/disposition-notification', 'message/feedback-report', 'text/rfc822-headers']);
/** What a Mac sends with a file (RFC 1740), and its own files beside it. */
const MAC_TYPES = new Set(['application/applefile']);
const MAC_NAME = /^(?:\.DS_Store$|\._)/;
const PDF_TYPES = new Set(['application/pdf', 'application/x-pdf']);

/** A part's fate by what it is, whatever it is called: a PDF is known by its signature. */
export function decidePart(part: PartFacts): PartFate {
  // The text of a mail may speak of "%PDF-"; a file that is only called text may well be one.
  const isText = (part.mediaType === 'text/plain' || part.mediaType === 'text/html') && part.disposition !== 'attachment' && part.fileName === '';
  if (isText) return { fate: 'ignored', reason: 'text' };
  // A piece may begin like a PDF, but ends where the next one goes on (RFC 2046, 5.2.2).
  if (part.mediaType === 'message/partial') return { fate: 'refused', reason: 'partial-mail' };
  if (part.isPdf) return { fate: 'document' };
  const ignored = reasonToIgnore(part);
  if (ignored) return { fate: 'ignored', reason: ignored };
  if (part.within === 'encrypted') return { fate: 'refused', reason: 'encrypted-mail' };
  const meantAsPdf = PDF_TYPES.has(part.mediaType) || part.fileName.toLowerCase().endsWith('.pdf');
  return { fate: 'refused', reason: meantAsPdf ? 'not-a-pdf' : 'unsupported-format' };
}

function reasonToIgnore({ mediaType, disposition, within, fileName }: PartFacts): IgnoredReason | undefined {
  if (SIGNATURES.has(mediaType) || SIGNATURE_NAME.test(fileName)) return 'signature';
  if (CALENDARS.has(mediaType)) return 'calendar';
  if (CONTACTS.has(mediaType)) return 'contact';
  if (REPORTS.has(mediaType)) return 'report';
  if (MAC_TYPES.has(mediaType) || MAC_NAME.test(fileName)) return 'mac-metadata';
  // A TNEF stream is a part only where nothing was attached to it.
  if (within === 'ms-tnef' && disposition === '') return 'rich-text';
  // A logo is shown in the text: what stands beside its text, or isn't meant to be saved. Outlook doesn't always say that it is an image.
  const isInline = within === 'related' || disposition !== 'attachment';
  if (isInline && (mediaType.startsWith('image/') || within === 'ms-tnef')) return 'inline-image';
  return undefined;
}

const STATUS_TEXTS: Readonly<Record<RefusedReason, (jobId: string) => string>> = {
  'unsupported-format': (jobId) => `Job [${jobId}] has an invalid/unsupported mime type`,
  'not-a-pdf': (jobId) => `Job [${jobId}] has an invalid/unsupported mime type`,
  'encrypted-mail': (jobId) => `Job [${jobId}] is in an encrypted mail, which can't be read here: send it without encryption`,
  'partial-mail': (jobId) => `Job [${jobId}] is a piece of a mail that was sent in several: send it in one`,
  'too-many-documents': (jobId) => `Job [${jobId}] was not taken: a mail may hold ${DOCUMENTS_MAX} documents`,
  'too-large': () => `The mail is larger than ${MAIL_BYTES_MAX / 1024 / 1024} MB`,
};

/** The sentence shown to people, for a format the manual's (SKY-125). `jobId` is the id minted for the part. */
export function statusText(reason: RefusedReason, jobId: string): string {
  return STATUS_TEXTS[reason](jobId);
}
