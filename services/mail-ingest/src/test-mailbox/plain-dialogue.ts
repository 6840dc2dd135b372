import { once } from 'node:events';
import type { Socket } from 'node:net';
import { GREETING_BYTES_MAX } from '../limits.js';

/** The lines that a server says in clear text, not more of them than a dialogue needs. */
export class PlainDialogue {
  private pending = '';
  private seenBytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly signal: AbortSignal,
  ) {}

  /** Undefined: the server ended the connection, or talks without end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.pending.indexOf('\n');
      if (end >= 0) {
        const line = this.pending.slice(0, end).trimEnd();
        this.pending = this.pending.slice(end + 1);
        return line;
      }
      const bytes: unknown = this.socket.read();
      if (Buffer.isBuffer(bytes)) {
        this.seenBytes += bytes.length;
        if (this.seenBytes > GREETING_BYTES_MAX) return undefined;
        this.pending += bytes.toString('latin1');
      } else {
        if (this.socket.readableEnded || this.socket.destroyed) return undefined;
        await Promise.race([once(this.socket, 'readable', { signal: this.signal }), once(this.socket, 'close', { signal: this.signal })]);
      }
    }
  }
}
