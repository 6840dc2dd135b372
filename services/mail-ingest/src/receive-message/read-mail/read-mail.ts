import { BOUNDARY_CHARACTERS_MAX, NESTING_MAX, PARTS_MAX } from '../../limits.js';
import { ByteReader, drain } from './byte-reader.js';
import { decodeBody } from './decode-body.js';
import { type Header, takeHeader } from './header.js';
import { splitMultipart } from './split-multipart.js';

/** A part that holds content, not further parts. Its body must be read, or left, before the next part comes. */
export interface MailPart {
  readonly header: Header;
  /** Media type in lower case; text/plain where none is named (RFC 2045, 5.2). */
  readonly mediaType: string;
  /** Subtype of the multipart that it stands in, such as `related`; empty outside any. */
  readonly within: string;
  /** Decoded. */
  readonly body: AsyncIterable<Buffer>;
}

/** Why a mail wasn't read to its end. */
export type ReadingStop = 'too-many-parts' | 'nested-too-deep';

export interface Mail {
  readonly header: Header;
  /** All parts in their order, those of attached messages among them. */
  readonly parts: AsyncGenerator<MailPart, void, undefined>;
  /** Set while the parts are read. */
  readonly stopped: () => ReadingStop | undefined;
}

/**
 * Reads a mail (RFC 5322, RFC 2045 to 2049) from its bytes as they come: no more than a chunk and a part's header is in memory.
 * Nothing in a mail makes it throw; what can't be understood is given as one part of unknown type.
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

class PartWalk {
  stop: ReadingStop | undefined;
  private count = 0;

  async *parts(header: Header, body: AsyncIterable<Buffer>, place: Place): AsyncGenerator<MailPart, void, undefined> {
    const { value, parameter } = header.structured('content-type');
    const mediaType = value === '' ? 'text/plain' : value;
    const boundary = parameter('boundary').trimEnd();
    const isMultipart = mediaType.startsWith('multipart/') && boundary !== '' && boundary.length <= BOUNDARY_CHARACTERS_MAX;
    const isMessage = mediaType === 'message/rfc822' || mediaType === 'message/global';
    if ((isMultipart || isMessage) && place.depth === NESTING_MAX) {
      this.stop ??= 'nested-too-deep';
      await drain(body);
    } else if (isMultipart) {
      yield* this.partsOfMultipart(splitMultipart(body, boundary), { depth: place.depth + 1, within: mediaType.slice('multipart/'.length) });
    } else if (isMessage) {
      // RFC 2046, 5.2.1 forbids to encode an attached message; some senders do.
      yield* this.partsOf(decodeBody(header.first('content-transfer-encoding'), body), { depth: place.depth + 1, within: '' });
    } else {
      yield { header, mediaType, within: place.within, body: decodeBody(header.first('content-transfer-encoding'), body) };
    }
  }

  private async *partsOfMultipart(entities: AsyncIterable<AsyncIterable<Buffer>>, place: Place): AsyncGenerator<MailPart, void, undefined> {
    for await (const entity of entities) {
      if (this.count === PARTS_MAX) {
        this.stop = 'too-many-parts';
        return;
      }
      this.count += 1;
      yield* this.partsOf(entity, place);
    }
  }

  private async *partsOf(entity: AsyncIterable<Buffer>, place: Place): AsyncGenerator<MailPart, void, undefined> {
    const reader = new ByteReader(entity);
    const header = await takeHeader(reader);
    yield* this.parts(header, reader.rest(), place);
  }
}
