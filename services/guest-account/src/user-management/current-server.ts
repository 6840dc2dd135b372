import { Injectable } from '@nestjs/common';
import { CurrentServer as CurrentInstallation, type ServerConfiguration } from '@inkpost/server-connection/current-server.js';
import type { PeopleDirectory } from '../ports/directory.port.js';
import type { GuestBase } from '../ports/guest-base.port.js';
import { LiveServer } from './live-server.js';
import type { StoredServer } from './server-settings.js';
import type { ServerStatus } from './server-status.js';

/** A server that is spoken with. */
export interface OpenServer {
  readonly guests: GuestBase;
  /** The same guests, as a directory is asked in its test. */
  readonly people: PeopleDirectory;
  /** Which of the rights that are needed the account lacks. Throws a `Failure`. */
  missingRights(): Promise<readonly string[]>;
  close(): void;
}

/** The server used for user management as it is set now; none: guests are kept here. */
@Injectable()
export class CurrentServer extends CurrentInstallation<StoredServer, OpenServer, ServerStatus> {
  constructor(load: () => Promise<ServerConfiguration<StoredServer>>, open: (server: StoredServer, live: LiveServer) => OpenServer) {
    super(load, (server) => {
      const live = new LiveServer();
      const opened = open(server, live);
      return {
        opened,
        get status() {
          return live.status;
        },
        look: () => live.look(() => opened.missingRights()),
        close: () => opened.close(),
      };
    });
  }
}
