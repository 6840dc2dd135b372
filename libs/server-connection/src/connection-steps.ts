import type { Socket } from 'node:net';
import type { AddressRules } from './address-rules.js';
import type { ServerPlace } from './connect-server.js';
import { placeName, reachServer } from './reach-server.js';
import { type Finding, passed, skipped, type Step } from './run-steps.js';
import { examineCertificate, type TlsWish } from './secure-connection.js';
import { serverAddresses } from './server-addresses.js';

/** What every test of a server begins with. */
export type ConnectionStep = 'dns' | 'tcp' | 'tls';

/** The way to a server, as its settings say. */
export interface TestedConnection extends ServerPlace {
  /** Absent: link-local addresses are refused. */
  readonly rules?: AddressRules | undefined;
  readonly withinMs: Readonly<Record<ConnectionStep, number>>;
  /** What it may mean, in a sentence, when the server takes connections and says nothing. */
  readonly silence: string;
  /** Whose certificate is trusted. A sentence: there is no TLS, and what that means. */
  readonly tls: TlsWish | string;
  /** Asks for TLS in the words of the protocol, where that does not begin with it. Throws a `Failure`. */
  readonly askForTls?: (socket: Socket, signal: AbortSignal) => Promise<void>;
}

/** Looks at a server from outside, over a connection of its own that ends with the third step: its name, whether it is reached, its certificate. */
export class ConnectionSteps {
  private addresses: readonly string[] = [];
  private socket: Socket | undefined;

  constructor(private readonly server: TestedConnection) {}

  get steps(): readonly Step<ConnectionStep>[] {
    const { withinMs, silence } = this.server;
    return [
      { name: 'dns', withinMs: withinMs.dns, silence: 'The name server of this machine does not answer.', run: () => this.resolve() },
      { name: 'tcp', withinMs: withinMs.tcp, silence: 'A firewall may be in the way, or the port be wrong.', run: (signal) => this.connect(signal) },
      { name: 'tls', withinMs: withinMs.tls, silence, run: (signal) => this.secure(signal) },
    ];
  }

  /** Ends what a step that was given up left open. */
  close(): void {
    this.socket?.destroy();
  }

  private async resolve(): Promise<Finding> {
    const { host, rules } = this.server;
    this.addresses = await serverAddresses(host, rules);
    return passed(this.addresses[0] === host ? `${host} is an address: no name is looked up.` : `${host} is ${this.addresses.join(', ')}.`);
  }

  private async connect(signal: AbortSignal): Promise<Finding> {
    const { port, withinMs } = this.server;
    this.socket = await reachServer(this.addresses, port, withinMs.tcp, signal);
    return passed(`${placeName(this.socket.remoteAddress ?? '', port)} takes connections.`);
  }

  private async secure(signal: AbortSignal): Promise<Finding> {
    const { socket, server: { tls, askForTls } } = this;
    if (!socket) throw new Error('no connection to secure');
    try {
      if (typeof tls === 'string') return skipped(tls);
      await askForTls?.(socket, signal);
      return passed(await examineCertificate(socket, tls, signal));
    } finally {
      socket.destroy();
    }
  }
}

/** The same time for each of the steps. */
export function eachWithin(ms: number): TestedConnection['withinMs'] {
  return { dns: ms, tcp: ms, tls: ms };
}
