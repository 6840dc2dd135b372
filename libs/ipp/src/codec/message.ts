/** Delimiter tags (RFC 8010 section 3.5.1 and the PWG registrations). Others are kept as they are. */
export const groupTag = {
  operation: 0x01,
  job: 0x02,
  end: 0x03,
  printer: 0x04,
  unsupported: 0x05,
  subscription: 0x06,
  eventNotification: 0x07,
  resource: 0x08,
  document: 0x09,
  system: 0x0a,
} as const;

/** Values that say why there is no value (RFC 8010 section 3.5.2, RFC 3380 section 8). */
export const outOfBandTag = {
  unsupported: 0x10,
  default: 0x11,
  unknown: 0x12,
  'no-value': 0x13,
  'not-settable': 0x15,
  'delete-attribute': 0x16,
  'admin-define': 0x17,
} as const;

/** Syntaxes whose octets are text (RFC 8010 section 3.5.2). */
export const stringTag = {
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  uriScheme: 0x46,
  charset: 0x47,
  naturalLanguage: 0x48,
  mimeMediaType: 0x49,
} as const;

export const valueTag = {
  integer: 0x21,
  boolean: 0x22,
  enum: 0x23,
  octetString: 0x30,
  dateTime: 0x31,
  resolution: 0x32,
  rangeOfInteger: 0x33,
  collection: 0x34,
  textWithLanguage: 0x35,
  nameWithLanguage: 0x36,
  endCollection: 0x37,
  memberName: 0x4a,
} as const;

type OutOfBand = keyof typeof outOfBandTag;
export type StringSyntax = keyof typeof stringTag;

/** RFC 2579 DateAndTime. `month` 1-12, `second` 0-60; the offset is `utcHours`:`utcMinutes` in the direction of the sign. */
export interface IppDateTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly deciSecond: number;
  readonly utcDirection: '+' | '-';
  readonly utcHours: number;
  readonly utcMinutes: number;
}

/**
 * One value of an attribute. `verbatim` is whatever we have no syntax for: a tag of a vendor or of a later standard, a known tag
 * whose octets don't fit its syntax (a text that is not UTF-8, an integer of three octets). It is sent again octet by octet.
 */
export type IppValue =
  | { readonly syntax: 'integer' | 'enum'; readonly value: number }
  | { readonly syntax: 'boolean'; readonly value: boolean }
  | { readonly syntax: StringSyntax; readonly value: string }
  | { readonly syntax: 'textWithLanguage' | 'nameWithLanguage'; readonly language: string; readonly value: string }
  | { readonly syntax: 'octetString'; readonly value: Uint8Array }
  | { readonly syntax: 'dateTime'; readonly value: IppDateTime }
  /** `units`: 3 = per inch, 4 = per centimetre. */
  | { readonly syntax: 'resolution'; readonly crossFeed: number; readonly feed: number; readonly units: number }
  | { readonly syntax: 'rangeOfInteger'; readonly lower: number; readonly upper: number }
  | { readonly syntax: 'collection'; readonly members: readonly IppAttribute[] }
  | { readonly syntax: OutOfBand }
  | { readonly syntax: 'verbatim'; readonly tag: number; readonly bytes: Uint8Array };

/** An attribute has at least one value; several make a 1setOf and may differ in syntax (keyword | name). */
export interface IppAttribute {
  readonly name: string;
  readonly values: readonly IppValue[];
}

/** `tag` is one of {@link groupTag} or any other delimiter a peer sent. Groups may repeat: each job of Get-Jobs is one. */
export interface IppGroup {
  readonly tag: number;
  readonly attributes: readonly IppAttribute[];
}

/** A request or a response (RFC 8010 section 3.1.1) without its document data. */
export interface IppMessage {
  readonly version: { readonly major: number; readonly minor: number };
  /** The operation-id of a request, the status-code of a response. */
  readonly code: number;
  readonly requestId: number;
  readonly groups: readonly IppGroup[];
}
