import type { Socket } from 'node:net';
import type { ListenAddress } from '@inkpost/config/variables.js';
import { reachServer } from '@inkpost/server-connection/reach-server.js';
import { fault, type Finding, passed, skipped } from '@inkpost/server-connection/run-steps.js';
import { TEST_CONNECT_MAX_MS } from '../limits.js';
import { PlainDialogue } from './plain-dialogue.js';
import type { TestStep } from './test-step.js';

/** A mailbox that mail servers deliver to: whether the own listener is there and takes mails for it. No mail is sent. */
export class IntakeTest {
  private socket: Socket | undefined;

  constructor(
    private readonly listen: ListenAddress,
    private readonly mailbox: { readonly address: string; readonly saved: boolean; readonly enabled: boolean },
  ) {}

  get steps(): readonly TestStep[] {
    const silence = 'The listener of the service mail-ingest is silent: it may have too many connections.';
    return [
      { name: 'listener', withinMs: TEST_CONNECT_MAX_MS, silence, run: (signal) => this.greet(signal) },
      { name: 'address', withinMs: TEST_CONNECT_MAX_MS, silence, run: (signal) => this.offer(signal) },
    ];
  }

  close(): void {
    this.socket?.destroy();
  }

  private async greet(signal: AbortSignal): Promise<Finding> {
    const { host, port } = this.listen;
    this.socket = await reachServer([reachable(host)], port, TEST_CONNECT_MAX_MS, signal);
    const greeting = await new PlainDialogue(this.socket, signal).line();
    if (greeting === undefined || !greeting.startsWith('220 ')) throw fault(`Something else than Inkpost listens on port ${port}: free it, or choose another one with INKPOST_SMTP_LISTEN.`);
    return passed(`Inkpost listens for mail servers on ${host}, port ${port}.`);
  }

  /** As a mail server would, up to the recipient (RFC 5321, 3.3). */
  private async offer(signal: AbortSignal): Promise<Finding> {
    const { address, saved, enabled } = this.mailbox;
    if (!saved) return skipped('The address is taken as soon as the mailbox is saved.');
    if (!enabled) return skipped('The mailbox is disabled: mails for it are refused until it is enabled.');
    for (const command of ['EHLO localhost', 'MAIL FROM:<>', `RCPT TO:<${address}>`]) {
      const answer = await this.ask(command, signal);
      if (!answer?.startsWith('250')) throw fault(`The listener refuses mails for ${address}: it is not the address of an enabled mailbox that is saved.`);
    }
    this.socket?.write('QUIT\r\n');
    return passed(`The listener takes mails for ${address}.`);
  }

  private async ask(command: string, signal: AbortSignal): Promise<string | undefined> {
    const { socket } = this;
    if (!socket) throw new Error('nobody was greeted');
    const dialogue = new PlainDialogue(socket, signal);
    socket.write(`${command}\r\n`);
    let line = await dialogue.line();
    // 250-… is followed by further lines (RFC 5321, 4.2.1).
    while (line?.[3] === '-') line = await dialogue.line();
    return line;
  }
}

/** Where a listener on all addresses is reached from here. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
