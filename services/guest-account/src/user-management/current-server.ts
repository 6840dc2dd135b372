import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { SERVER_STATUS_AGE_MAX_MS, SERVER_STATUS_WAIT_MS } from '../limits.js';
import type { PeopleDirectory } from '../ports/directory.port.js';
import type { GuestBase } from '../ports/guest-base.port.js';
import { LiveServer } from './live-server.js';
import type { StoredServer } from './server-settings.js';
import type { ServerStatus } from './server-status.js';
import type { ServerConfiguration } from './server.store.js';

/** A server that is spoken with. */
export interface OpenServer {
  readonly guests: GuestBase;
  /** The same guests, as a directory is asked in its test. */
  readonly people: PeopleDirectory;
  /** Which of the rights that are needed the account lacks. Throws a `Failure`. */
  missingRights(): Promise<readonly string[]>;
  close(): void;
}

interface Running {
  readonly key: string;
  readonly live: LiveServer;
  readonly server: OpenServer;
  lookedAt: number;
  looking: Promise<void> | undefined;
}

/** The server used for user management as it is set now, and the connections to it. */
@Injectable()
export class CurrentServer implements OnModuleDestroy {
  private configuration: ServerConfiguration | undefined;
  private loading: Promise<ServerConfiguration> | undefined;
  private running: Running | undefined;

  constructor(
    private readonly load: () => Promise<ServerConfiguration>,
    private readonly open: (server: StoredServer, live: LiveServer) => OpenServer,
  ) {}

  /** Undefined: guests are kept here. `revision`: what Postgres said last; a newer one is loaded. */
  async at(revision: number): Promise<OpenServer | undefined> {
    const { server } = await this.configurationAt(revision);
    return server ? this.run(server).server : undefined;
  }

  /** How it is with the server, looked at anew where the last look is old; a look that takes long goes on while what was known before is told. Undefined: guests are kept here. */
  async status(revision: number): Promise<ServerStatus | undefined> {
    const { server } = await this.configurationAt(revision);
    if (!server) return undefined;
    const running = this.run(server);
    if (performance.now() - running.lookedAt > SERVER_STATUS_AGE_MAX_MS) {
      running.looking ??= running.live.look(() => running.server.missingRights()).finally(() => {
        running.lookedAt = performance.now();
        running.looking = undefined;
      });
      await Promise.race([running.looking, pause(SERVER_STATUS_WAIT_MS, undefined, { ref: false })]);
    }
    return running.live.status;
  }

  onModuleDestroy(): void {
    this.running?.server.close();
    this.running = undefined;
  }

  private run(server: StoredServer): Running {
    // Settings that were deleted and given again begin with the first version; a password is never sealed to the same bytes twice.
    const key = `${server.version}/${server.sealedPassword.toString('base64')}`;
    if (this.running?.key === key) return this.running;
    this.running?.server.close();
    const live = new LiveServer();
    this.running = { key, live, server: this.open(server, live), lookedAt: Number.NEGATIVE_INFINITY, looking: undefined };
    return this.running;
  }

  private async configurationAt(revision: number): Promise<ServerConfiguration> {
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
