import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** What a server says to a line, as it is sent; undefined: nothing. */
export type Script = (line: string, socket: Socket) => string | undefined;

/** A server that misbehaves as real ones do, but when a test wants it to. */
export class ScriptedServer {
  /** All that clients said. */
  readonly heard: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(greeting: string, script: Script): Promise<ScriptedServer> {
    const server = createServer();
    const scripted = new ScriptedServer(server);
    server.on('connection', (socket) => scripted.serve(socket, greeting, script));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return scripted;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket, greeting: string, script: Script): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    if (greeting !== '') socket.write(greeting, 'latin1');
    const lines = createInterface({ input: socket });
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      this.heard.push(line);
      const answer = script(line, socket);
      if (answer !== undefined && socket.writable) socket.write(answer, 'latin1');
    });
  }
}
