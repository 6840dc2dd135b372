/** A property of an attachment: its id, and a text, a number, or the TNEF stream of a message. */
export type TnefProperty = readonly [id: number, value: string | number | { readonly message: Buffer } | { readonly object: Buffer } | { readonly shortText: Buffer }];

export interface TnefFile {
  /** 8.3, as Outlook writes it before the content. */
  readonly title?: string;
  readonly content?: Buffer;
  readonly properties?: readonly TnefProperty[];
}

const LONG_FILE_NAME = 0x3707;

/** A file as Outlook attaches it: the long name stands behind the content. */
export function attachedFile(name: string, content: Buffer, more: readonly TnefProperty[] = []): TnefFile {
  return { title: `${name.replaceAll(/\W/g, '').slice(0, 6)}~1.${name.slice(-3)}`, content, properties: [[LONG_FILE_NAME, name], ...more] };
}

/** A TNEF stream ([MS-OXTNEF]) as Outlook and Exchange write it. */
export function writeTnef(files: readonly TnefFile[], codePage = 1252): Buffer {
  const head = [attribute(1, 0x0008_9006, uint32(0x0001_0000)), attribute(1, 0x0006_9007, Buffer.concat([uint32(codePage), uint32(0)])), attribute(1, 0x0006_9003, Buffer.concat([uint32(1), property([0x3ffd, codePage])]))];
  return Buffer.concat([Buffer.from('789f3e220100', 'hex'), ...head, ...files.flatMap(fileAttributes)]);
}

function fileAttributes({ title, content, properties }: TnefFile): Buffer[] {
  return [
    attribute(2, 0x0006_9002, Buffer.concat([Buffer.from([1, 0]), Buffer.alloc(12, 0xff)])),
    ...(title === undefined ? [] : [attribute(2, 0x0001_8010, Buffer.from(`${title}\0`, 'latin1'))]),
    ...(content ? [attribute(2, 0x0006_800f, content)] : []),
    ...(properties ? [attribute(2, 0x0006_9005, Buffer.concat([uint32(properties.length), ...properties.map(property)]))] : []),
  ];
}

export function attribute(level: number, id: number, value: Buffer): Buffer {
  const checksum = value.reduce((sum, byte) => (sum + byte) & 0xffff, 0);
  return Buffer.concat([Buffer.from([level]), uint32(id), uint32(value.length), value, Buffer.from([checksum & 0xff, checksum >> 8])]);
}

function property([id, value]: TnefProperty): Buffer {
  const identifier = Buffer.from([id & 0xff, id >> 8]);
  if (typeof value === 'number') return Buffer.concat([Buffer.from([0x03, 0x00]), identifier, uint32(value)]);
  if (typeof value === 'string') return Buffer.concat([Buffer.from([0x1f, 0x00]), identifier, long(Buffer.from(`${value}\0`, 'utf16le'))]);
  if ('shortText' in value) return Buffer.concat([Buffer.from([0x1e, 0x00]), identifier, long(value.shortText)]);
  const [face, content] = 'message' in value ? ['0703020000000000c000000000000046', value.message] : ['0b00000000000000c000000000000046', value.object];
  return Buffer.concat([Buffer.from([0x0d, 0x00]), identifier, long(Buffer.concat([Buffer.from(face, 'hex'), content]))]);
}

/** One value that says its length, filled up to a multiple of four. */
function long(value: Buffer): Buffer {
  return Buffer.concat([uint32(1), uint32(value.length), value, Buffer.alloc(-value.length & 3)]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
