import { randomUUID } from 'node:crypto';
import type { Spool, SpooledDocument } from '@inkpost/spool/spool.js';
import { DOCUMENTS_MAX, IGNORED_PARTS_LISTED_MAX, MAIL_BYTES_MAX, REFUSED_PARTS_MAX, SIGNATURE_WITHIN_BYTES } from '../limits.js';
import { decidePart, type IgnoredReason, type RefusedReason } from './decide-part.js';
import { drain } from './read-mail/byte-reader.js';
import { decodeWords, type Header } from './read-mail/header.js';
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
 */
export async function extractDocuments(content: AsyncIterable<Buffer>, spool: Spool): Promise<Extraction> {
  const collector = new PartCollector(spool);
  try {
    const { header, parts, stopped } = await readMail(content);
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

class PartCollector {
  readonly refused: RefusedAttachment[] = [];
  readonly ignored: IgnoredPart[] = [];
  unlistedParts = 0;
  private readonly writing: Promise<ExtractedDocument>[] = [];

  constructor(private readonly spool: Spool) {}

  async take(part: MailPart): Promise<void> {
    const body = part.body[Symbol.asyncIterator]();
    const beginning = await takeBeginning(body);
    const name = { fileName: fileNameOf(part.header), mediaType: safeText(part.mediaType, MEDIA_TYPE_CHARACTERS_MAX) };
    const disposition = part.header.structured('content-disposition').value;
    const isPdf = beginning.subarray(0, SIGNATURE_WITHIN_BYTES).includes('%PDF-');
    const decision = decidePart({ ...name, disposition, within: part.within, isPdf });
    if (decision.fate === 'document' && this.writing.length < DOCUMENTS_MAX) await this.write(name, beginning, body);
    else if (decision.fate === 'document') this.refuse({ ...name, reason: 'too-many-documents' });
    else if (decision.fate === 'refused') this.refuse({ ...name, reason: decision.reason });
    else if (decision.reason !== 'text') this.ignore({ ...name, reason: decision.reason });
  }

  /** All of them durable. */
  async documents(): Promise<ExtractedDocument[]> {
    return Promise.all(this.writing);
  }

  async discard(): Promise<void> {
    const written = (await Promise.allSettled(this.writing)).flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []));
    await this.spool.removeBytes(written);
  }

  /** Returns when the bytes are taken; their way to the disk overlaps with what the mail holds next. */
  private async write(name: { fileName: string; mediaType: string }, beginning: Buffer, body: AsyncIterator<Buffer>): Promise<void> {
    const taken = Promise.withResolvers<void>();
    const source = async function* (): AsyncGenerator<Buffer, void, undefined> {
      try {
        yield beginning;
        for (let step = await body.next(); !step.done; step = await body.next()) yield step.value;
      } finally {
        taken.resolve();
      }
    };
    const fileName = name.fileName === '' ? `document-${this.writing.length + 1}.pdf` : name.fileName;
    const written = this.spool.write(source(), MAIL_BYTES_MAX).then((document) => ({ ...document, fileName, mediaType: name.mediaType }));
    this.writing.push(written);
    // A spool that fails before it reads must not leave us waiting.
    await Promise.race([taken.promise, written]);
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

/** RFC 2183's name first, then the older one; RFC 2231 and encoded words decoded. */
function fileNameOf(header: Header): string {
  const name = header.structured('content-disposition').parameter('filename') || header.structured('content-type').parameter('name');
  return safeFileName(decodeWords(name));
}
