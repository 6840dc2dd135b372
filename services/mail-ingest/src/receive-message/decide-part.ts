import { DOCUMENTS_MAX, MAIL_BYTES_MAX } from '../limits.js';

/** What is known of a part before its content is taken. */
export interface PartFacts {
  readonly mediaType: string;
  /** Content-Disposition in lower case; empty where there is none. */
  readonly disposition: string;
  /** Empty where it has none. */
  readonly fileName: string;
  /** Subtype of the multipart that it stands in. */
  readonly within: string;
  /** The signature stands where a PDF has it. */
  readonly isPdf: boolean;
}

/** Parts that belong to a mail as it is, and are neither printed nor complained about. */
export type IgnoredReason = 'text' | 'inline-image' | 'signature' | 'calendar' | 'contact' | 'report';

/** Why a part is refused; acceptance adds reasons of its own. */
export type RefusedReason = 'unsupported-format' | 'not-a-pdf' | 'too-many-documents' | 'too-large';

export type PartFate =
  | { readonly fate: 'document' }
  | { readonly fate: 'refused'; readonly reason: 'unsupported-format' | 'not-a-pdf' }
  | { readonly fate: 'ignored'; readonly reason: IgnoredReason };

/** S/MIME and PGP signatures (RFC 8551, RFC 3156), not what is encrypted: that is content which can't be read. */
const SIGNATURES = new Set(['application/pkcs7-signature', 'application/x-pkcs7-signature', 'application/pgp-signature', 'application/pgp-keys', 'application/pgp-encrypted']);
const CALENDARS = new Set(['text/calendar', 'application/ics']);
const CONTACTS = new Set(['text/vcard', 'text/x-vcard', 'text/directory']);
const REPORTS = new Set(['message/delivery-status', 'message/disposition-notification', 'message/feedback-report', 'text/rfc822-headers']);
const PDF_TYPES = new Set(['application/pdf', 'application/x-pdf']);

/** A part's fate by what it is, whatever it is called: a PDF is known by its signature. */
export function decidePart(part: PartFacts): PartFate {
  // The text of a mail may speak of "%PDF-"; a file that is only called text may well be one.
  const isText = (part.mediaType === 'text/plain' || part.mediaType === 'text/html') && part.disposition !== 'attachment' && part.fileName === '';
  if (isText) return { fate: 'ignored', reason: 'text' };
  if (part.isPdf) return { fate: 'document' };
  const ignored = reasonToIgnore(part);
  if (ignored) return { fate: 'ignored', reason: ignored };
  const meantAsPdf = PDF_TYPES.has(part.mediaType) || part.fileName.toLowerCase().endsWith('.pdf');
  return { fate: 'refused', reason: meantAsPdf ? 'not-a-pdf' : 'unsupported-format' };
}

function reasonToIgnore({ mediaType, disposition, within }: PartFacts): IgnoredReason | undefined {
  if (SIGNATURES.has(mediaType)) return 'signature';
  if (CALENDARS.has(mediaType)) return 'calendar';
  if (CONTACTS.has(mediaType)) return 'contact';
  if (REPORTS.has(mediaType)) return 'report';
  // A logo is shown in the text: what stands beside its text, or isn't meant to be saved.
  if (mediaType.startsWith('image/') && (within === 'related' || disposition !== 'attachment')) return 'inline-image';
  return undefined;
}

const STATUS_TEXTS: Readonly<Record<RefusedReason, (jobId: string) => string>> = {
  'unsupported-format': (jobId) => `Job [${jobId}] has an invalid/unsupported mime type`,
  'not-a-pdf': (jobId) => `Job [${jobId}] has an invalid/unsupported mime type`,
  'too-many-documents': (jobId) => `Job [${jobId}] was not taken: a mail may hold ${DOCUMENTS_MAX} documents`,
  'too-large': () => `The mail is larger than ${MAIL_BYTES_MAX / 1024 / 1024} MB`,
};

/** The sentence shown to people, for a format the manual's (SKY-125). `jobId` is the id minted for the part. */
export function statusText(reason: RefusedReason, jobId: string): string {
  return STATUS_TEXTS[reason](jobId);
}
