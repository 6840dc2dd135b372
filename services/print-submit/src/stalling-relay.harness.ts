import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A wire to a printer that may stand still in the middle of a document, and go on later or never. */
export class StallingRelay {
  /** A connection on which the client sent more than this stands still; what it sends further is kept back. */
  stallAfterBytes = Number.POSITIVE_INFINITY;
  private readonly sockets = new Set<Socket>();
  private readonly stalled = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    private readonly printerPort: number,
  ) {
    server.on('connection', (client) => this.relay(client));
  }

  static async start(printerPort: number): Promise<StallingRelay> {
    const server = createServer().listen(0, '127.0.0.1');
    const relay = new StallingRelay(server, printerPort);
    await once(server, 'listening');
    return relay;
  }

  get uri(): string {
    const address = this.server.address();
    return `ipp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/ipp/print`;
  }

  /** Connections that stand still now. */
  get stalledCount(): number {
    return this.stalled.size;
  }

  /** All goes on, also what stood still. */
  goOn(): void {
    this.stallAfterBytes = Number.POSITIVE_INFINITY;
    for (const resume of this.stalled) resume();
    this.stalled.clear();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private relay(client: Socket): void {
    const printer = connect(this.printerPort, '127.0.0.1');
    const resume = (): void => void client.pipe(printer);
    let clientBytes = 0;
    client.on('data', (chunk) => {
      clientBytes += chunk.length;
      if (clientBytes <= this.stallAfterBytes) printer.write(chunk);
      else {
        client.removeAllListeners('data').pause().unshift(chunk);
        this.stalled.add(resume);
      }
    });
    printer.pipe(client);
    const end = (): void => {
      this.stalled.delete(resume);
      client.destroy();
      printer.destroy();
    };
    for (const socket of [client, printer]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
  }
}
