import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { CurrentServer } from '@inkpost/server-connection/current-server.js';
import { placeName } from '@inkpost/server-connection/reach-server.js';
import { PrintApiClient } from '../adapters/print-api/print-api-client.js';
import type { PrintServer } from '../ports/print-server.port.js';
import { LiveServer } from './live-server.js';
import type { SendingServerStore } from './sending-server.store.js';
import type { StoredSendingServer } from './sending-settings.js';
import type { SendingStatus } from './sending-status.js';

/** The server used for sending documents, spoken with. */
export interface OpenSendingServer {
  /** `hq.example.org:5753`, as people know it. */
  readonly place: string;
  readonly print: PrintServer;
  readonly live: LiveServer;
}

/** The server used for sending documents as it is set now; none: documents are printed here. */
export class CurrentSendingServer extends CurrentServer<StoredSendingServer, OpenSendingServer, SendingStatus> {
  constructor(store: SendingServerStore, rules: AddressRules) {
    super(() => store.load(), (server) => {
      const [live, client] = [new LiveServer(), new PrintApiClient({ settings: server, password: () => store.passwordOf(server), rules })];
      return {
        opened: { place: placeName(server.address, server.port), print: client, live },
        get status() {
          return live.status;
        },
        look: () => live.look(() => client.findTrouble()),
        close: () => client.close(),
      };
    });
  }
}
