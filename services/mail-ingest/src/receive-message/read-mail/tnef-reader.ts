import { TNEF_ITEMS_MAX } from '../../limits.js';
import { ByteReader, Damaged, drain } from './byte-reader.js';
import { decodeCharset } from './decode-charset.js';

/** What a TNEF stream begins with ([MS-OXTNEF], 2.1.3.1), whatever the file is called. */
export const TNEF_SIGNATURE = Buffer.from('789f3e22', 'hex');

export interface TnefAttachment {
  /** Empty where it is missing. Known once the next attachment comes: names stand behind the content. */
  fileName: string;
  /** As `fileName`. */
  mediaType: string;
  /** It is shown in the text of the message. As `fileName`. */
  isInline: boolean;
  /** Must be read, or left, before the next attachment comes. */
  readonly body: AsyncIterable<Buffer>;
  /** The body is the TNEF stream of an attached message. */
  readonly isMessage: boolean;
}

const [HEADER_BYTES, ATTRIBUTE_HEAD_BYTES, CHECKSUM_BYTES] = [6, 9, 2];
/** Of a name; what is longer is cut. */
const TEXT_BYTES_MAX = 2_048;

/** [MS-OXTNEF], 2.1.3.2; the upper half is the type. */
const ATTRIBUTE = { oemCodepage: 0x0006_9007, attachmentBegins: 0x0006_9002, title: 0x0001_8010, data: 0x0006_800f, properties: 0x0006_9005 } as const;

/** [MS-OXPROPS] */
const PROPERTY = { data: 0x3701, fileName: 0x3704, longFileName: 0x3707, mediaType: 0x370e, flags: 0x3714, hidden: 0x7ffe } as const;
const RENDERED_IN_BODY = 0x4;
/** Its identifier is followed by a name. */
const NAMED_PROPERTIES_FROM = 0x8000;

/** [MS-OXCDATA], 2.11.1 */
const TYPE = { object: 0x000d, string8: 0x001e, unicode: 0x001f, binary: 0x0102 } as const;
const SEVERAL_VALUES = 0x1000;
/** Bytes of a value, filled up to a multiple of four as in TNEF; of other types each value says its length. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([[0x02, 4], [0x03, 4], [0x04, 4], [0x05, 8], [0x06, 8], [0x07, 8], [0x0a, 4], [0x0b, 4], [0x14, 8], [0x40, 8], [0x48, 16]]);

/** IID_IMessage */
const MESSAGE_INTERFACE = Buffer.from('0703020000000000c000000000000046', 'hex');

/** The attachment that is being read; its body is given out when it comes. */
type Label = Pick<TnefAttachment, 'fileName' | 'mediaType' | 'isInline'>;

/**
 * The attachments of a TNEF stream ([MS-OXTNEF], winmail.dat), one after the other while it comes in. A length that it names is never
 * trusted: bytes pass by, a name is cut. One that is damaged ends early, with what was found so far.
 */
export class TnefReader {
  isDamaged = false;
  private codePage = '';
  private itemsLeft = TNEF_ITEMS_MAX;

  constructor(private readonly reader: ByteReader) {}

  async *attachments(): AsyncGenerator<TnefAttachment, void, undefined> {
    yield* this.noting(this.attributes());
  }

  private async *attributes(): AsyncGenerator<TnefAttachment, void, undefined> {
    const signature = await this.reader.takeWhole(HEADER_BYTES);
    if (!signature.subarray(0, TNEF_SIGNATURE.length).equals(TNEF_SIGNATURE)) throw new Damaged();
    let label = newLabel();
    // Fewer bytes may follow: line ends that a program added.
    while (await this.reader.need(ATTRIBUTE_HEAD_BYTES)) {
      this.countItem();
      const head = await this.reader.takeWhole(ATTRIBUTE_HEAD_BYTES);
      const [id, length] = [head.readUInt32LE(1), head.readUInt32LE(5)];
      const value = new ByteReader(this.reader.upTo(length));
      if (id === ATTRIBUTE.attachmentBegins) label = newLabel();
      else if (id === ATTRIBUTE.title) label.fileName ||= decodeText(await takeText(value), this.codePage);
      else if (id === ATTRIBUTE.oemCodepage) this.codePage = `cp${(await value.takeWhole(4)).readUInt32LE()}`;
      else if (id === ATTRIBUTE.data) yield Object.assign(label, { body: value.rest(), isMessage: false });
      else if (id === ATTRIBUTE.properties) yield* this.noting(this.properties(value, label));
      await drain(value.rest());
      await this.reader.takeWhole(CHECKSUM_BYTES);
    }
  }

  private async *properties(value: ByteReader, label: Label): AsyncGenerator<TnefAttachment, void, undefined> {
    for (let left = (await value.takeWhole(4)).readUInt32LE(); left > 0; left -= 1) {
      this.countItem();
      const head = await value.takeWhole(4);
      const [type, id] = [head.readUInt16LE(), head.readUInt16LE(2)];
      if (id >= NAMED_PROPERTIES_FROM) await skipName(value);
      const fixedBytes = FIXED_BYTES.get(type & ~SEVERAL_VALUES);
      if (fixedBytes === undefined) yield* this.longValues(value, { type: type & ~SEVERAL_VALUES, id }, label);
      else if ((type & SEVERAL_VALUES) !== 0) await value.skip((await value.takeWhole(4)).readUInt32LE() * fixedBytes);
      else noteFlag(id, (await value.takeWhole(fixedBytes)).readUInt32LE(), label);
    }
  }

  /** Of types whose values say how long they are. */
  private async *longValues(value: ByteReader, { type, id }: { readonly type: number; readonly id: number }, label: Label): AsyncGenerator<TnefAttachment, void, undefined> {
    if (![TYPE.object, TYPE.string8, TYPE.unicode, TYPE.binary].some((known) => known === type)) throw new Damaged();
    for (let left = (await value.takeWhole(4)).readUInt32LE(); left > 0; left -= 1) {
      this.countItem();
      const length = (await value.takeWhole(4)).readUInt32LE();
      const own = new ByteReader(value.upTo(length));
      if (id === PROPERTY.data && type === TYPE.object) yield Object.assign(label, { isMessage: (await own.takeWhole(MESSAGE_INTERFACE.length)).equals(MESSAGE_INTERFACE), body: own.rest() });
      else if (id === PROPERTY.data) yield Object.assign(label, { body: own.rest(), isMessage: false });
      else if (type !== TYPE.binary) noteText(id, decodeText(await takeText(own), type === TYPE.unicode ? 'utf-16le' : this.codePage), label);
      await drain(own.rest());
      await value.skip(-length & 3);
    }
  }

  /** Damaged properties end with their attribute, which says where the next one begins. */
  private async *noting(attachments: AsyncGenerator<TnefAttachment, void, undefined>): AsyncGenerator<TnefAttachment, void, undefined> {
    try {
      yield* attachments;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.isDamaged = true;
    }
  }

  /** Each takes few bytes, so that a stream could hold millions. */
  private countItem(): void {
    this.itemsLeft -= 1;
    if (this.itemsLeft < 0) throw new Damaged();
  }
}

function newLabel(): Label {
  return { fileName: '', mediaType: '', isInline: false };
}

function noteText(id: number, text: string, label: Label): void {
  if (text === '') return;
  if (id === PROPERTY.longFileName) label.fileName = text;
  else if (id === PROPERTY.fileName) label.fileName ||= text;
  else if (id === PROPERTY.mediaType) label.mediaType = text.toLowerCase();
}

function noteFlag(id: number, flag: number, label: Label): void {
  if (id === PROPERTY.flags) label.isInline ||= (flag & RENDERED_IN_BODY) !== 0;
  if (id === PROPERTY.hidden) label.isInline ||= (flag & 0xffff) !== 0;
}

function decodeText(bytes: Buffer, charset: string): string {
  return (decodeCharset(bytes, charset).split('\0', 1)[0] ?? '').trim();
}

/** The beginning of a value. */
async function takeText(value: ByteReader): Promise<Buffer> {
  await value.need(TEXT_BYTES_MAX);
  return value.take(TEXT_BYTES_MAX);
}

async function skipName(value: ByteReader): Promise<void> {
  const identifierFollows = (await value.takeWhole(20)).readUInt32LE(16) === 0;
  if (identifierFollows) return value.skip(4);
  const length = (await value.takeWhole(4)).readUInt32LE();
  await value.skip(length + (-length & 3));
}
