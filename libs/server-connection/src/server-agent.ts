import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AddressRules } from './address-rules.js';
import { connectServer } from './connect-server.js';
import { SERVER_CONNECTIONS_MAX, SERVER_IDLE_CONNECTION_MS } from './limits.js';
import { fault } from './run-steps.js';
import { secureConnection, type TlsWish } from './secure-connection.js';

/** Where another installation is, and whom to trust there. */
export interface InstallationPlace extends Omit<TlsWish, 'host'> {
  /** Name or IP address. */
  readonly address: string;
  readonly port: number;
  /** HTTPS. */
  readonly secure: boolean;
}

/** As Node's agent calls it, whose type wants a socket also where there is none. */
type Connected = (error: unknown, socket?: Duplex) => void;

/** Connections to a server that are kept between requests: only to where a server may be, and in TLS before the first byte of HTTP where that is set. */
export class ServerAgent extends Agent {
  constructor(
    readonly place: InstallationPlace,
    private readonly rules: AddressRules,
    /** How long one request may take, and a connection to come about. */
    readonly callMaxMs: number,
  ) {
    super({ keepAlive: true, maxSockets: SERVER_CONNECTIONS_MAX, timeout: SERVER_IDLE_CONNECTION_MS });
  }

  override createConnection(_options: ClientRequestArgs, callback?: (error: Error | null, socket: Duplex) => void): undefined {
    void this.connect(callback as Connected);
  }

  private async connect(callback: Connected): Promise<void> {
    const made = await this.open().then((socket) => ({ socket }), (error: unknown) => ({ error }));
    if ('socket' in made) callback(null, made.socket);
    else callback(made.error);
  }

  private async open(): Promise<Duplex> {
    const { address: host, port, secure, ...trust } = this.place;
    const signal = AbortSignal.timeout(this.callMaxMs);
    try {
      const socket = await connectServer({ host, port }, this.rules, this.callMaxMs, signal);
      socket.setNoDelay(true);
      return secure ? await secureConnection(socket, { host, ...trust }, signal) : socket;
    } catch (error) {
      if (signal.aborted) throw fault('The server does not answer in time.', error);
      throw error;
    }
  }
}
