import { BOUNDARY_CHARACTERS_MAX, NESTING_MAX, PARTS_MAX } from '../../limits.js';
import { ByteReader, drain } from './byte-reader.js';
import { decodeBody } from './decode-body.js';
import { decodeWords } from './decode-words.js';
import { type Header, takeHeader } from './header.js';
import { SignedContentReader, smimeKind } from './signed-content-reader.js';
import { splitMultipart } from './split-multipart.js';
import { TNEF_SIGNATURE, type TnefAttachment, TnefReader } from './tnef-reader.js';

/** What a part says about itself. */
export interface PartLabel {
  /** In lower case; text/plain where none is named (RFC 2045, 5.2). */
  readonly mediaType: string;
  /** Of Content-Disposition, in lower case; empty where there is none. */
  readonly disposition: string;
  /** As its sender wrote it, decoded; empty where it has none. */
  readonly fileName: string;
  /** Subtype of the multipart that it stands in, such as `related`, or `encrypted`; `ms-tnef` in a TNEF stream; empty outside any. */
  readonly within: string;
}

/** A part that holds content, not further parts. */
export interface MailPart {
  /** Complete once the next part comes: in a TNEF stream names stand behind the content. */
  readonly label: () => PartLabel;
  /** Decoded. Must be read, or left, before the next part comes. */
  readonly body: AsyncIterable<Buffer>;
}

/** Why a mail wasn't read to its end. */
export type ReadingStop = 'too-many-parts' | 'nested-too-deep' | 'damaged-envelope';

export interface Mail {
  readonly header: Header;
  /** All parts in their order, those of attached messages and of other envelopes among them. */
  readonly parts: AsyncGenerator<MailPart, void, undefined>;
  /** Set while the parts are read. */
  readonly stopped: () => ReadingStop | undefined;
}

/**
 * Reads a mail (RFC 5322, RFC 2045 to 2049) from its bytes as they come: no more than a chunk and a part's header is in memory.
 * Envelopes are opened: attached messages, TNEF, opaque S/MIME signatures. Nothing in a mail makes it throw; what can't be understood
 * is given as one part.
 */
export async function readMail(content: AsyncIterable<Buffer>): Promise<Mail> {
  const reader = new ByteReader(content);
  const header = await takeHeader(reader);
  const walk = new PartWalk();
  return { header, parts: walk.parts(header, reader.rest(), { depth: 0, within: '' }), stopped: () => walk.stop };
}

interface Place {
  readonly depth: number;
  readonly within: string;
}

type Parts = AsyncGenerator<MailPart, void, undefined>;

const MESSAGE_TYPES = new Set(['message/rfc822', 'message/global', 'message/news']);
/** How envelopes are sent that are known by their first bytes; the last one by programs that don't know them. */
const ENVELOPE_TYPES = new Set(['application/ms-tnef', 'application/vnd.ms-tnef', 'application/pkcs7-mime', 'application/x-pkcs7-mime', 'application/octet-stream']);
/** Of S/MIME that isn't only a signature. */
const SMIME_NAME = /\.p7m$/i;

class PartWalk {
  stop: ReadingStop | undefined;
  private count = 0;

  async *parts(header: Header, body: AsyncIterable<Buffer>, place: Place): Parts {
    const { value, parameter } = header.structured('content-type');
    // RFC 2046, 5.1.5: a digest is made of mails.
    const mediaType = value !== '' ? value : place.within === 'digest' ? 'message/rfc822' : 'text/plain';
    const boundary = parameter('boundary').trimEnd();
    if (mediaType.startsWith('multipart/') && boundary !== '' && boundary.length <= BOUNDARY_CHARACTERS_MAX) {
      yield* this.inner(body, place, (depth) => this.partsOfMultipart(splitMultipart(body, boundary), { depth, within: mediaType.slice('multipart/'.length) }));
      return;
    }
    // RFC 2046, 5.2.1 forbids to encode an attached message; some senders do.
    const decoded = decodeBody(header.first('content-transfer-encoding'), body);
    const label = readLabel(header, { mediaType, name: parameter('name') }, place);
    if (MESSAGE_TYPES.has(mediaType)) yield* this.inner(decoded, place, (depth) => this.partsOf(decoded, { depth, within: '' }));
    else if (ENVELOPE_TYPES.has(mediaType)) yield* this.partsOfEnvelope(new ByteReader(decoded), label, place);
    else yield { label: () => label, body: decoded };
  }

  /** Of what holds further parts, unless it stands too deep. */
  private async *inner(body: AsyncIterable<Buffer>, { depth }: Place, open: (depth: number) => Parts): Parts {
    if (depth < NESTING_MAX) {
      yield* open(depth + 1);
    } else {
      this.stop ??= 'nested-too-deep';
      await drain(body);
    }
  }

  private async *partsOfMultipart(entities: AsyncIterable<AsyncIterable<Buffer>>, place: Place): Parts {
    for await (const entity of entities) {
      if (!this.countPart()) return;
      yield* this.partsOf(entity, place);
    }
  }

  private async *partsOf(entity: AsyncIterable<Buffer>, place: Place): Parts {
    const reader = new ByteReader(entity);
    const header = await takeHeader(reader);
    yield* this.parts(header, reader.rest(), place);
  }

  private async *partsOfEnvelope(reader: ByteReader, label: PartLabel, place: Place): Parts {
    const kind = await envelopeKind(reader, label);
    if (kind === 'tnef') yield* this.inner(reader.rest(), place, (depth) => this.partsOfTnef(reader, label, depth));
    else if (kind === 'signed') yield* this.inner(reader.rest(), place, (depth) => this.partsOfSigned(reader, label, depth));
    else yield { label: () => (kind === 'encrypted' ? { ...label, within: 'encrypted' } : label), body: reader.rest() };
  }

  private async *partsOfSigned(reader: ByteReader, label: PartLabel, depth: number): Parts {
    const signed = new SignedContentReader(reader);
    const content = new ByteReader(signed.content());
    const isEmpty = !(await content.need(1));
    yield* isEmpty ? unopened(label) : this.partsOf(content.rest(), { depth, within: '' });
    if (signed.isDamaged) this.stop ??= 'damaged-envelope';
    await drain(reader.rest());
  }

  private async *partsOfTnef(reader: ByteReader, label: PartLabel, depth: number): Parts {
    const tnef = new TnefReader(reader);
    let isEmpty = true;
    for await (const attachment of tnef.attachments()) {
      if (!this.countPart()) return;
      isEmpty = false;
      const own = (): PartLabel => tnefLabel(attachment);
      if (attachment.isMessage) yield* this.inner(attachment.body, { depth, within: '' }, (inner) => this.partsOfTnef(new ByteReader(attachment.body), own(), inner));
      else yield { label: own, body: attachment.body };
    }
    if (tnef.isDamaged) this.stop ??= 'damaged-envelope';
    // Empty and whole, it holds the text of a message alone.
    if (isEmpty) yield* unopened(tnef.isDamaged ? label : { ...label, within: 'ms-tnef', disposition: '' });
    await drain(reader.rest());
  }

  private countPart(): boolean {
    if (this.count === PARTS_MAX) this.stop = 'too-many-parts';
    else this.count += 1;
    return this.stop !== 'too-many-parts';
  }
}

async function* unopened(label: PartLabel): Parts {
  yield { label: () => label, body: nothing() };
}

async function* nothing(): AsyncGenerator<Buffer, void, undefined> {}

function readLabel(header: Header, type: { readonly mediaType: string; readonly name: string }, { within }: Place): PartLabel {
  const disposition = header.structured('content-disposition');
  // RFC 2183's name first, then the older one; encoded words stand in both, although RFC 2047 forbids it.
  return { mediaType: type.mediaType, disposition: disposition.value, fileName: decodeWords(disposition.parameter('filename') || type.name), within };
}

function tnefLabel({ mediaType, fileName, isInline }: TnefAttachment): PartLabel {
  return { mediaType: mediaType === '' ? 'application/octet-stream' : mediaType, disposition: isInline ? 'inline' : 'attachment', fileName, within: 'ms-tnef' };
}

/** Takes nothing. */
async function envelopeKind(reader: ByteReader, { mediaType, fileName }: PartLabel): Promise<'tnef' | 'signed' | 'encrypted' | 'none'> {
  await reader.need(TNEF_SIGNATURE.length);
  if (reader.pending.subarray(0, TNEF_SIGNATURE.length).equals(TNEF_SIGNATURE)) return 'tnef';
  // A signature alone, or certificates, begin like a signed mail.
  const mayBeSmime = mediaType === 'application/octet-stream' || fileName !== '' ? SMIME_NAME.test(fileName) : mediaType.endsWith('pkcs7-mime');
  return mayBeSmime ? smimeKind(reader) : 'none';
}
