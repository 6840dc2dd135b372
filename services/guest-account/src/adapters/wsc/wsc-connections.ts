import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { connectServer } from '@inkpost/server-connection/connect-server.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { secureConnection } from '@inkpost/server-connection/secure-connection.js';
import { SERVER_CONNECTIONS_MAX, SERVER_IDLE_CONNECTION_MS } from '../../limits.js';
import type { ServerSettings } from '../../user-management/server-settings.js';

/** As Node's agent calls it, whose type wants a socket also where there is none. */
type Connected = (error: unknown, socket?: Duplex) => void;

/** Connections to a server that are kept between requests: only to where a server may be, and in TLS before the first byte of HTTP where that is set. */
export class WscConnections extends Agent {
  constructor(
    private readonly settings: ServerSettings,
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
    const { address: host, port, secure, certificateAuthority, certificateSha256 } = this.settings;
    const signal = AbortSignal.timeout(this.callMaxMs);
    try {
      const socket = await connectServer({ host, port }, this.rules, this.callMaxMs, signal);
      socket.setNoDelay(true);
      return secure ? await secureConnection(socket, { host, certificateAuthority, certificateSha256 }, signal) : socket;
    } catch (error) {
      if (signal.aborted) throw fault('The server does not answer in time.', error);
      throw error;
    }
  }
}
