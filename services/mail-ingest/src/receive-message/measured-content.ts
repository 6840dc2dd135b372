import { createHash } from 'node:crypto';
import { DROPPED_BYTES_MAX, HEADER_BYTES_MAX, MAIL_BYTES_MAX } from '../limits.js';
import { freeBuffers } from './free-buffers.js';
import type { Header } from './read-mail/header.js';

/**
 * What an author writes into a header, as opposed to what mail servers add on the way, differently each time (Received, Return-Path,
 * Authentication-Results …). Redirecting a mail (RFC 5322, 3.6.6) makes it another one.
 */
const AUTHORED = [
  'message-id', 'date', 'from', 'sender', 'reply-to', 'to', 'cc', 'subject', 'in-reply-to', 'resent-message-id', 'resent-date', 'resent-from', 'resent-sender', 'resent-to', 'resent-cc',
  'mime-version', 'content-type', 'content-transfer-encoding', 'content-disposition',
] as const;

const PIECE_BYTES = 64 * 1024;

/** The size of a mail as it is transferred, and the digest by which it is known again; beyond the largest mail nothing flows any more. */
export class MeasuredContent {
  sizeBytes = 0;
  private readonly hash = createHash('sha256');
  /** Until it is known which bytes of the header count. */
  private held: Buffer[] | undefined = [];

  constructor(private readonly content: AsyncIterable<Buffer>) {}

  async *bytes(): AsyncGenerator<Buffer, void, undefined> {
    let freedAtBytes = 0;
    for await (const chunk of this.content) {
      this.sizeBytes += chunk.length;
      if (this.sizeBytes - freedAtBytes > DROPPED_BYTES_MAX) {
        freeBuffers();
        freedAtBytes = this.sizeBytes;
      }
      // A client that still sends is heard to the end, but no longer listened to.
      if (this.sizeBytes > MAIL_BYTES_MAX) continue;
      this.count(chunk);
      // What is made of a long chunk would be as long, several times.
      for (let from = 0; from < chunk.length; from += PIECE_BYTES) yield chunk.subarray(from, from + PIECE_BYTES);
    }
  }

  /**
   * A mail with a Message-ID is known by what its author wrote: a server that delivers it again, having missed our answer, may add other
   * fields. Without one every byte counts: a device may well send the same report each day. Called when the header was read.
   */
  knowBy(header: Header): void {
    const isKnown = header.isWhole && header.first('message-id') !== '';
    if (isKnown && this.held) {
      for (const name of AUTHORED) for (const value of header.all(name)) this.hash.update(`${name}: ${value}\n`);
    }
    this.hashHeld(isKnown ? header.sizeBytes : 0);
  }

  /** Lower-case hexadecimal, once all has flowed by. */
  sha256(): string {
    return this.hash.digest('hex');
  }

  private count(chunk: Buffer): void {
    // So much at most is read to find the header's end.
    if (this.held && this.sizeBytes > 2 * HEADER_BYTES_MAX) this.hashHeld(0);
    if (this.held) this.held.push(chunk);
    else this.hash.update(chunk);
  }

  private hashHeld(from: number): void {
    let left = from;
    for (const chunk of this.held ?? []) {
      this.hash.update(chunk.subarray(left));
      left = Math.max(left - chunk.length, 0);
    }
    this.held = undefined;
  }
}
