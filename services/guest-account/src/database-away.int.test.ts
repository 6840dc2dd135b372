import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { GuestAccountHarness } from './guest-account.harness.js';

/** Stands between the service and Postgres, so that this test alone can cut the line. */
class Line {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly targetPort: number, public port = 0) {}

  async open(): Promise<void> {
    this.server = createServer((near) => {
      const far = connect(this.targetPort, '127.0.0.1');
      for (const [socket, other] of [[near, far], [far, near]] as const) {
        this.sockets.add(socket);
        socket.on('error', () => other.destroy()).on('close', () => this.sockets.delete(socket)).pipe(other);
      }
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    if (this.server?.listening) await once(this.server, 'close');
  }
}

let harness: GuestAccountHarness;
let line: Line;

beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  line = new Line(Number(new URL(harness.database.url).port));
  await line.open();
});
afterAll(async () => {
  await harness.stop();
  await line.cut();
});

it('while Postgres is away says so, loses nothing, and goes on when it is back', async () => {
  const url = new URL(harness.database.url);
  url.port = String(line.port);
  const service = await harness.startService({ INKPOST_DATABASE_URL: url.toString() });
  const guests = service.client(GuestService, 'guests.read');
  await guests.listGuests({});

  await line.cut();
  const calls = [() => guests.listGuests({}), () => service.client(SignInService).signIn({ account: 'maintenance', password: 'changeme', source: '192.0.2.1' })];
  for (const call of calls) {
    const error = await call().then(() => undefined, (reason: unknown) => ConnectError.from(reason));
    expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: expect.stringContaining('database does not answer') });
  }
  const { messageId } = await harness.accept('patient@example.org', { unknownSender: 'create' });

  await line.open();
  await expect.poll(async () => (await harness.facts(messageId)).map(({ subject }) => subject), { timeout: 25_000 }).toEqual(['account.changed.v1', 'account.owner-resolved.v1']);
  await guests.listGuests({});
}, 40_000);
