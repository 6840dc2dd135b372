import { Defect } from '@inkpost/failure/failure.js';
import { ippLimits } from '../limits.js';
import {
  groupTag,
  outOfBandTag,
  stringTag,
  valueTag,
  type IppAttribute,
  type IppDateTime,
  type IppMessage,
  type IppValue,
} from './message.js';

/** The octets of a message (RFC 8010 section 3); document data follows them on the wire. What cannot be encoded is a Defect. */
export function encodeMessage(message: IppMessage): Buffer {
  const parts: Buffer[] = [encodeHeader(message)];
  for (const group of message.groups) {
    parts.push(Buffer.of(group.tag));
    for (const attribute of group.attributes) encodeAttribute(parts, attribute);
  }
  parts.push(Buffer.of(groupTag.end));
  return Buffer.concat(parts);
}

function encodeHeader(message: IppMessage): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(message.version.major, 0);
  header.writeUInt8(message.version.minor, 1);
  header.writeUInt16BE(message.code, 2);
  header.writeInt32BE(message.requestId, 4);
  return header;
}

function encodeAttribute(parts: Buffer[], attribute: IppAttribute): void {
  if (attribute.values.length === 0) throw unencodable(attribute.name, 'it has no value');
  if (attribute.name === '' || attribute.name.length > ippLimits.nameBytesMax) throw unencodable(attribute.name, 'its name is empty or too long');
  attribute.values.forEach((value, index) => encodeNamed(parts, index === 0 ? attribute.name : '', value, attribute.name));
}

function encodeNamed(parts: Buffer[], name: string, value: IppValue, attributeName: string): void {
  if (value.syntax !== 'collection') {
    const { tag, bytes } = encodeValue(value);
    pushValue(parts, tag, name, bytes, attributeName);
    return;
  }
  pushValue(parts, valueTag.collection, name, Buffer.alloc(0), attributeName);
  for (const member of value.members) {
    if (member.values.length === 0) throw unencodable(member.name, 'it has no value');
    pushValue(parts, valueTag.memberName, '', Buffer.from(member.name, 'latin1'), member.name);
    for (const memberValue of member.values) encodeNamed(parts, '', memberValue, member.name);
  }
  pushValue(parts, valueTag.endCollection, '', Buffer.alloc(0), attributeName);
}

function pushValue(parts: Buffer[], tag: number, name: string, bytes: Uint8Array, attributeName: string): void {
  if (bytes.length > ippLimits.valueBytesMax) throw unencodable(attributeName, 'a value is longer than 32767 octets');
  const nameBytes = Buffer.from(name, 'latin1');
  const head = Buffer.alloc(3);
  head.writeUInt8(tag, 0);
  head.writeUInt16BE(nameBytes.length, 1);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length, 0);
  parts.push(head, nameBytes, length, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

type FlatValue = Exclude<IppValue, { syntax: 'collection' }>;

function encodeValue(value: FlatValue): { tag: number; bytes: Uint8Array } {
  switch (value.syntax) {
    case 'integer':
    case 'enum':
      return { tag: valueTag[value.syntax], bytes: encodeIntegers(value.value) };
    case 'boolean':
      return { tag: valueTag.boolean, bytes: Buffer.of(value.value ? 1 : 0) };
    case 'octetString':
      return { tag: valueTag.octetString, bytes: value.value };
    case 'dateTime':
      return { tag: valueTag.dateTime, bytes: encodeDateTime(value.value) };
    case 'resolution':
      return { tag: valueTag.resolution, bytes: Buffer.concat([encodeIntegers(value.crossFeed, value.feed), Buffer.of(value.units)]) };
    case 'rangeOfInteger':
      return { tag: valueTag.rangeOfInteger, bytes: encodeIntegers(value.lower, value.upper) };
    case 'textWithLanguage':
    case 'nameWithLanguage':
      return { tag: valueTag[value.syntax], bytes: Buffer.concat([withLength(value.language), withLength(value.value)]) };
    case 'text':
    case 'name':
    case 'keyword':
    case 'uri':
    case 'uriScheme':
    case 'charset':
    case 'naturalLanguage':
    case 'mimeMediaType':
      return { tag: stringTag[value.syntax], bytes: Buffer.from(value.value, 'utf8') };
    case 'verbatim':
      return { tag: value.tag, bytes: value.bytes };
    case 'unsupported':
    case 'default':
    case 'unknown':
    case 'no-value':
    case 'not-settable':
    case 'delete-attribute':
    case 'admin-define':
      break;
  }
  return { tag: outOfBandTag[value.syntax], bytes: Buffer.alloc(0) };
}

function encodeIntegers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeInt32BE(value, index * 4));
  return bytes;
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length, 0);
  return Buffer.concat([length, bytes]);
}

function encodeDateTime(at: IppDateTime): Buffer {
  const bytes = Buffer.alloc(11);
  bytes.writeUInt16BE(at.year, 0);
  Buffer.of(at.month, at.day, at.hour, at.minute, at.second, at.deciSecond).copy(bytes, 2);
  bytes.write(at.utcDirection, 8, 'latin1');
  bytes.writeUInt8(at.utcHours, 9);
  bytes.writeUInt8(at.utcMinutes, 10);
  return bytes;
}

function unencodable(name: string, reason: string): Defect {
  return new Defect('ipp.unencodable-attribute', `the IPP attribute '${name}' cannot be encoded: ${reason}`, { fields: { name } });
}
