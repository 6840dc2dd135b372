/**
 * Bounds on what an IPP peer may make us hold. A message past one of them is refused with `ipp.malformed-message`
 * before anything of that size is allocated. Document data is streamed and has no bound here.
 */
export const ippLimits = {
  /** Attributes of one message, header included. Get-Jobs of 500 jobs with the attributes we ask for takes about 150 KB. */
  messageBytesMax: 4 * 1024 * 1024,
  /** RFC 8010 section 3.1: lengths are SIGNED-SHORT, so that more than this is a negative number. */
  valueBytesMax: 0x7fff,
  /** RFC 8011 section 5.1.4: a keyword, and so an attribute name, has at most 255 octets. */
  nameBytesMax: 255,
  /** Collections within collections. media-col, the deepest one in use, needs 2. */
  collectionDepthMax: 16,
  groupsMax: 10_000,
  /** Values of one message, those within collections included. */
  valuesMax: 200_000,
} as const;

/** How long the client waits, in milliseconds. Each can be set per printer. */
export const ippTimeouts = {
  /** TCP and TLS together. */
  connectTimeoutMs: 10_000,
  /** From the last byte of a request without a document to the whole answer. */
  answerTimeoutMs: 30_000,
  /** Without a byte moved while a document is sent. Printers without a disk take the bytes as fast as they print. */
  documentStallTimeoutMs: 300_000,
  /**
   * An unused connection is closed after this. Shorter than the pause after which servers do so (cupsd 30 s, many
   * printers 5-10 s): a request written into a connection the printer is just closing has an unknown outcome.
   */
  idleConnectionTimeoutMs: 4_000,
} as const;
