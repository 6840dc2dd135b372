import { once } from 'node:events';
import type { Socket } from 'node:net';
import { GREETING_BYTES_MAX } from '../limits.js';
import { fault } from './run-steps.js';

/** The mail protocols that change to TLS on a word. */
export type UpgradeProtocol = 'imap' | 'pop3';

interface Dialogue {
  readonly name: string;
  readonly greeting: RegExp;
  readonly command: string;
  /** The line that answers the command; others may come before it. */
  readonly answer: RegExp;
  readonly granted: RegExp;
  readonly implicitPort: number;
}

const DIALOGUES: Readonly<Record<UpgradeProtocol, Dialogue>> = {
  // RFC 9051, 7.1 and 6.2.1. A greeting of PREAUTH has no way to TLS, one of BYE none to anything.
  imap: { name: 'an IMAP server', greeting: /^\* (?:OK|PREAUTH|BYE)\b/i, command: '1 STARTTLS\r\n', answer: /^1 /, granted: /^1 OK\b/i, implicitPort: 993 },
  // RFC 2595, 4.
  pop3: { name: 'a POP3 server', greeting: /^(?:\+OK|-ERR)\b/, command: 'STLS\r\n', answer: /^(?:\+OK|-ERR)/, granted: /^\+OK/, implicitPort: 995 },
};

/** Says the words after which the connection goes on in TLS. What else the server said is told to nobody. Throws a `Failure`. */
export async function askForTls(socket: Socket, protocol: UpgradeProtocol, signal: AbortSignal): Promise<void> {
  const { name, greeting, command, answer, granted, implicitPort } = DIALOGUES[protocol];
  const lines = new Lines(socket, signal);
  const first = await lines.next();
  if (first === undefined || !greeting.test(first)) throw fault(`What answers there is not ${name}: are server, port and the choice of TLS right? Implicit TLS is usually on port ${implicitPort}.`);
  socket.write(command);
  let line = await lines.next();
  while (line !== undefined && !answer.test(line)) line = await lines.next();
  if (line === undefined || !granted.test(line)) throw fault(`The mail server grants no STARTTLS: choose implicit TLS, usually on port ${implicitPort}, or let STARTTLS be allowed there.`);
}

/** The lines of a plain dialogue, not more than it needs. */
class Lines {
  private pending = '';
  private seenBytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly signal: AbortSignal,
  ) {}

  /** Undefined: the server ended the connection, or talks without end. */
  async next(): Promise<string | undefined> {
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
