import { randomUUID } from 'node:crypto';
import type { Spool, SpooledDocument } from '@inkpost/spool/spool.js';
import { DOCUMENTS_MAX, IGNORED_PARTS_LISTED_MAX, MAIL_BYTES_MAX, REFUSED_PARTS_MAX, SIGNATURE_WITHIN_BYTES } from '../limits.js';
import { decidePart, type IgnoredReason, type RefusedReason } from './decide-part.js';
import { drain } from './read-mail/byte-reader.js';
import type { Header } from './read-mail/header.js';
import { type MailPart, readMail, type ReadingStop } from './read-mail/read-mail.js';
import { safeFileName, safeText } from './safe-text.js';

export interface ExtractedDocument extends SpooledDocument {
  readonly fileName: string;
  /** As the mail declared it; the document is a PDF by its signature. */
  readonly mediaType: string;
}

export interface RefusedAttachment {
  /** Minted as for a document, so that the journey and the sender can name it. */
  readonly id: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly reason: RefusedReason;
}

interface IgnoredPart {
  readonly fileName: string;
  readonly mediaType: string;
  readonly reason: Exclude<IgnoredReason, 'text'>;
}

export interface Extraction {
  readonly header: Header;
  /** Durable in the spool, known to nobody yet. */
  readonly documents: readonly ExtractedDocument[];
  readonly refused: readonly RefusedAttachment[];
  readonly ignored: readonly IgnoredPart[];
  /** Refused and ignored parts beyond what is listed. */
  readonly unlistedParts: number;
  readonly stopped: ReadingStop | undefined;
}

const MEDIA_TYPE_CHARACTERS_MAX = 100;

/**
 * Reads a mail and seals its PDFs into the spool while it comes. Reads `content` to its end. When it throws (the spool's failures,
 * those of `content`) it leaves nothing in the spool.
 * @param onHeader told before anything behind the header is read.
 */
export async function extractDocuments(content: AsyncIterable<Buffer>, spool: Spool, onHeader: (header: Header) => void): Promise<Extraction> {
  const collector = new PartCollector(spool);
  try {
    const { header, parts, stopped } = await readMail(content);
    onHeader(header);
    for await (const part of parts) await collector.take(part);
    const documents = await collector.documents();
    await drain(content);
    const { refused, ignored, unlistedParts } = collector;
    return { header, documents, refused, ignored, unlistedParts, stopped: stopped() };
  } catch (error) {
    await collector.discard();
    throw error;
  }
}

/** A part that was read; what it says about itself may not have been. */
interface ReadPart {
  readonly part: MailPart;
  readonly isPdf: boolean;
  /** Its bytes, where they are taken. */
  readonly written?: Promise<SpooledDocument>;
}

class PartCollector {
  readonly refused: RefusedAttachment[] = [];
  readonly ignored: IgnoredPart[] = [];
  unlistedParts = 0;
  private last: ReadPart | undefined;
  private readonly writing: { readonly written: Promise<SpooledDocument>; readonly fileName: string; readonly mediaType: string }[] = [];

  constructor(private readonly spool: Spool) {}

  async take(part: MailPart): Promise<void> {
    this.decideLast();
    const body = part.body[Symbol.asyncIterator]();
    const beginning = await takeBeginning(body);
    const isPdf = beginning.subarray(0, SIGNATURE_WITHIN_BYTES).includes('%PDF-');
    const isDocument = decidePart({ ...part.label(), isPdf }).fate === 'document';
    this.last = { part, isPdf };
    if (isDocument && this.writing.length < DOCUMENTS_MAX) await this.write(part, beginning, body);
  }

  /** All of them durable. */
  async documents(): Promise<ExtractedDocument[]> {
    this.decideLast();
    return Promise.all(this.writing.map(async ({ written, ...name }) => ({ ...(await written), ...name })));
  }

  async discard(): Promise<void> {
    const writing = [...this.writing, ...(this.last ? [this.last] : [])];
    const written = (await Promise.allSettled(writing.flatMap((own) => own.written ?? []))).flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []));
    await this.spool.removeBytes(written);
  }

  /** Returns when the bytes are taken; their way to the disk overlaps with what the mail holds next. */
  private async write(part: MailPart, beginning: Buffer, body: AsyncIterator<Buffer>): Promise<void> {
    const taken = Promise.withResolvers<void>();
    const source = async function* (): AsyncGenerator<Buffer, void, undefined> {
      try {
        yield beginning;
        for (let step = await body.next(); !step.done; step = await body.next()) yield step.value;
      } finally {
        taken.resolve();
      }
    };
    const written = this.spool.write(source(), MAIL_BYTES_MAX);
    this.last = { part, isPdf: true, written };
    // A spool that fails before it reads must not leave us waiting.
    await Promise.race([taken.promise, written]);
  }

  /** Once all is known of it. */
  private decideLast(): void {
    if (!this.last) return;
    const { part, isPdf, written } = this.last;
    this.last = undefined;
    const label = part.label();
    const name = { fileName: safeFileName(label.fileName), mediaType: safeText(label.mediaType, MEDIA_TYPE_CHARACTERS_MAX) };
    const decision = decidePart({ ...label, ...name, isPdf });
    if (written) this.writing.push({ ...name, fileName: name.fileName === '' ? `document-${this.writing.length + 1}.pdf` : name.fileName, written });
    else if (decision.fate === 'document') this.refuse({ ...name, reason: 'too-many-documents' });
    else if (decision.fate === 'refused') this.refuse({ ...name, reason: decision.reason });
    else if (decision.reason !== 'text') this.ignore({ ...name, reason: decision.reason });
  }

  private refuse(part: Omit<RefusedAttachment, 'id'>): void {
    if (this.refused.length < REFUSED_PARTS_MAX) this.refused.push({ id: randomUUID(), ...part });
    else this.unlistedParts += 1;
  }

  private ignore(part: IgnoredPart): void {
    if (this.ignored.length < IGNORED_PARTS_LISTED_MAX) this.ignored.push(part);
    else this.unlistedParts += 1;
  }
}

/** Enough of a body to find the signature. */
async function takeBeginning(body: AsyncIterator<Buffer>): Promise<Buffer> {
  let beginning: Buffer = Buffer.alloc(0);
  while (beginning.length < SIGNATURE_WITHIN_BYTES) {
    const step = await body.next();
    if (step.done) break;
    beginning = beginning.length === 0 ? step.value : Buffer.concat([beginning, step.value]);
  }
  return beginning;
}
