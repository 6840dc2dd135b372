import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '@inkpost/testkit/free-port.js';

/** A network between two parties that a test can break. */
export class TcpRelay {
  /** Once this is asked, answers are swallowed, as if the network had died behind the question. */
  deafOnce: string | undefined;
  private deaf = false;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly port: number,
    private readonly targetPort: number,
  ) {}

  static async to(targetPort: number): Promise<TcpRelay> {
    const relay = new TcpRelay(await freePort(), targetPort);
    await relay.open();
    return relay;
  }

  async open(): Promise<void> {
    this.server = createServer((near) => this.join(near, connect(this.targetPort, '127.0.0.1'))).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Cuts all connections and refuses new ones. */
  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** From now on answers are swallowed, until the connections end. */
  goDeaf(): void {
    this.deaf = true;
  }

  /** Ends all connections; new ones work. */
  cut(): void {
    this.deaf = false;
    for (const socket of this.sockets) socket.destroy();
  }

  private join(near: Socket, far: Socket): void {
    for (const [own, other] of [[near, far], [far, near]] as const) {
      this.sockets.add(own);
      own.on('error', () => undefined);
      own.on('close', () => {
        this.sockets.delete(own);
        other.destroy();
      });
    }
    near.on('data', (bytes) => {
      if (this.deafOnce !== undefined && bytes.includes(this.deafOnce)) [this.deaf, this.deafOnce] = [true, undefined];
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (!this.deaf) near.write(bytes);
    });
  }
}
