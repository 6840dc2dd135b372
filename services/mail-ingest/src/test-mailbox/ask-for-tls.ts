import type { Socket } from 'node:net';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { PlainDialogue } from './plain-dialogue.js';

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
  const dialogue = new PlainDialogue(socket, signal);
  const first = await dialogue.line();
  if (first === undefined || !greeting.test(first)) throw fault(`What answers there is not ${name}: are server, port and the choice of TLS right? Implicit TLS is usually on port ${implicitPort}.`);
  socket.write(command);
  let line = await dialogue.line();
  while (line !== undefined && !answer.test(line)) line = await dialogue.line();
  if (line === undefined || !granted.test(line)) throw fault(`The mail server grants no STARTTLS: choose implicit TLS, usually on port ${implicitPort}, or let STARTTLS be allowed there.`);
}
