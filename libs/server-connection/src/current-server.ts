import { setTimeout as pause } from 'node:timers/promises';
import { SERVER_STATUS_AGE_MAX_MS, SERVER_STATUS_WAIT_MS } from './limits.js';

/** Settings of another installation, as they are stored. */
interface StoredServer {
  readonly sealedPassword: Buffer;
  readonly version: number;
}

/** What holds at one moment. */
export interface ServerConfiguration<Stored> {
  /** Grows with each change. */
  readonly revision: number;
  /** Undefined: there is no other server. */
  readonly server: Stored | undefined;
}

/** An installation that is spoken with, and what is known of the connection. */
export interface ServerConnection<Opened, Status> {
  readonly opened: Opened;
  readonly status: Status;
  /** Looks at it anew; never rejects. */
  look(): Promise<void>;
  close(): void;
}

interface Running<Opened, Status> {
  readonly key: string;
  readonly connection: ServerConnection<Opened, Status>;
  lookedAt: number;
  looking: Promise<void> | undefined;
}

/** The other installation as it is set now, and the connections to it. */
export class CurrentServer<Stored extends StoredServer, Opened, Status> {
  private configuration: ServerConfiguration<Stored> | undefined;
  private loading: Promise<ServerConfiguration<Stored>> | undefined;
  private running: Running<Opened, Status> | undefined;

  constructor(
    private readonly load: () => Promise<ServerConfiguration<Stored>>,
    private readonly open: (server: Stored) => ServerConnection<Opened, Status>,
  ) {}

  /** Undefined: there is no other server. `revision`: what Postgres said last; a newer one is loaded. */
  async at(revision: number): Promise<Opened | undefined> {
    const { server } = await this.configurationAt(revision);
    return server ? this.run(server).connection.opened : undefined;
  }

  /** How it is with the server, looked at anew where the last look is old; a look that takes long goes on while what was known before is told. Undefined: there is no other server. */
  async status(revision: number): Promise<Status | undefined> {
    const { server } = await this.configurationAt(revision);
    if (!server) return undefined;
    const running = this.run(server);
    if (performance.now() - running.lookedAt > SERVER_STATUS_AGE_MAX_MS) {
      running.looking ??= running.connection.look().finally(() => {
        running.lookedAt = performance.now();
        running.looking = undefined;
      });
      await Promise.race([running.looking, pause(SERVER_STATUS_WAIT_MS, undefined, { ref: false })]);
    }
    return running.connection.status;
  }

  /** Ends what is open; also called by Nest. */
  onModuleDestroy(): void {
    this.running?.connection.close();
    this.running = undefined;
  }

  private run(server: Stored): Running<Opened, Status> {
    // Settings that were deleted and given again begin with the first version; a password is never sealed to the same bytes twice.
    const key = `${server.version}/${server.sealedPassword.toString('base64')}`;
    if (this.running?.key === key) return this.running;
    this.running?.connection.close();
    this.running = { key, connection: this.open(server), lookedAt: Number.NEGATIVE_INFINITY, looking: undefined };
    return this.running;
  }

  private async configurationAt(revision: number): Promise<ServerConfiguration<Stored>> {
    if (this.configuration && this.configuration.revision >= revision) return this.configuration;
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
    });
    const loaded = await this.loading;
    // The load that was under way may have begun before the change.
    if (loaded.revision < revision) return this.configurationAt(revision);
    if (!loaded.server) this.onModuleDestroy();
    this.configuration = loaded;
    return loaded;
  }
}
