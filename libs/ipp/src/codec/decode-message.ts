import { ippLimits } from '../limits.js';
import { decodeValue } from './decode-value.js';
import { malformedMessage } from './malformed-message.js';
import { groupTag, valueTag, type IppAttribute, type IppGroup, type IppMessage, type IppValue } from './message.js';

/** Tags below are delimiters (they start a group or end the message); the others are values. RFC 8010 section 3.5. */
const firstValueTag = 0x10;

interface DecodedMessage {
  readonly message: IppMessage;
  /** Where the document data starts in the given bytes; their length when there is none. */
  readonly documentOffset: number;
}

interface RawValue {
  readonly tag: number;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/**
 * Reads a request or a response (RFC 8010 section 3). Attributes and values we know nothing about are kept and can be encoded
 * again octet by octet. Bytes cut short, lengths that lie, a wrong order of tags and anything past {@link ippLimits}
 * throw `ipp.malformed-message` (PermanentFailure).
 */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  return new MessageReader(bytes).read();
}

class MessageReader {
  private readonly view: DataView;
  private readonly latin1: Buffer;
  private offset = 0;
  private valueCount = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): DecodedMessage {
    this.require(8);
    const version = { major: this.view.getUint8(0), minor: this.view.getUint8(1) };
    const code = this.view.getUint16(2);
    const requestId = this.view.getInt32(4);
    this.offset = 8;
    const groups: IppGroup[] = [];
    for (let tag = this.readDelimiter(); tag !== groupTag.end; tag = this.readDelimiter()) {
      if (groups.length >= ippLimits.groupsMax) throw malformedMessage('too many attribute groups', this.offset);
      groups.push({ tag, attributes: this.readAttributes() });
    }
    if (this.offset > ippLimits.messageBytesMax) throw malformedMessage('attributes larger than the limit', this.offset);
    return { message: { version, code, requestId, groups }, documentOffset: this.offset };
  }

  private readDelimiter(): number {
    this.require(1);
    const tag = this.view.getUint8(this.offset);
    if (tag >= firstValueTag || tag === 0) throw malformedMessage('a value outside of a group', this.offset);
    this.offset += 1;
    return tag;
  }

  private readAttributes(): IppAttribute[] {
    const attributes: { name: string; values: IppValue[] }[] = [];
    while (this.nextIsValue()) {
      const raw = this.readRawValue();
      const value = this.interpret(raw, 0);
      if (raw.name !== '') attributes.push({ name: raw.name, values: [value] });
      else if (attributes.length === 0) throw malformedMessage('an additional value without an attribute', raw.offset);
      else attributes.at(-1)?.values.push(value);
    }
    return attributes;
  }

  private nextIsValue(): boolean {
    this.require(1);
    return this.view.getUint8(this.offset) >= firstValueTag;
  }

  /** Members up to endCollection (RFC 8010 section 3.1.6): a memberAttrName, then its values, each with an empty name. */
  private readMembers(depth: number): IppAttribute[] {
    if (depth > ippLimits.collectionDepthMax) throw malformedMessage('collections nested too deeply', this.offset);
    const members: { name: string; values: IppValue[] }[] = [];
    for (let raw = this.readRawValue(); raw.tag !== valueTag.endCollection; raw = this.readRawValue()) {
      if (raw.name !== '') throw malformedMessage('a named value inside a collection', raw.offset);
      if (raw.tag === valueTag.memberName) {
        requireValues(members.at(-1), raw.offset);
        if (raw.bytes.length === 0) throw malformedMessage('a collection member without a name', raw.offset);
        if (raw.bytes.length > ippLimits.nameBytesMax) throw malformedMessage('an attribute name too long', raw.offset);
        members.push({ name: Buffer.from(raw.bytes).toString('latin1'), values: [] });
        continue;
      }
      const member = members.at(-1);
      if (!member) throw malformedMessage('a collection value without a member name', raw.offset);
      member.values.push(this.interpret(raw, depth));
    }
    requireValues(members.at(-1), this.offset);
    return members;
  }

  private interpret(raw: RawValue, depth: number): IppValue {
    if (raw.tag === valueTag.endCollection) throw malformedMessage('the end of a collection that was not begun', raw.offset);
    if (raw.tag === valueTag.memberName) throw malformedMessage('a member name outside of a collection', raw.offset);
    if (raw.tag !== valueTag.collection) return decodeValue(raw.tag, raw.bytes);
    if (raw.bytes.length > 0) throw malformedMessage('the begin of a collection with a value', raw.offset);
    return { syntax: 'collection', members: this.readMembers(depth + 1) };
  }

  private readRawValue(): RawValue {
    const { offset } = this;
    this.valueCount += 1;
    if (this.valueCount > ippLimits.valuesMax) throw malformedMessage('too many values', offset);
    this.require(1);
    const tag = this.view.getUint8(offset);
    if (tag < firstValueTag) throw malformedMessage('a collection that does not end', offset);
    this.offset += 1;
    const name = this.readLengthAndBytes(ippLimits.nameBytesMax, 'an attribute name too long');
    const value = this.readLengthAndBytes(ippLimits.valueBytesMax, 'a negative value length');
    // Names are US-ASCII by the standard; latin1 maps octets one to one, so that a wrong one survives as well.
    return { tag, name: this.latin1.toString('latin1', name.start, name.end), bytes: this.bytes.subarray(value.start, value.end), offset };
  }

  private readLengthAndBytes(lengthMax: number, complaint: string): { start: number; end: number } {
    this.require(2);
    const length = this.view.getUint16(this.offset);
    if (length > lengthMax) throw malformedMessage(complaint, this.offset);
    const start = this.offset + 2;
    this.offset = start;
    this.require(length);
    this.offset += length;
    return { start, end: this.offset };
  }

  private require(count: number): void {
    if (this.offset + count > this.bytes.length) throw malformedMessage('the message ends too early', this.bytes.length);
  }
}

function requireValues(member: IppAttribute | undefined, offset: number): void {
  if (member && member.values.length === 0) throw malformedMessage('a collection member without a value', offset);
}
