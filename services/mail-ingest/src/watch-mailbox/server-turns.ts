import { unlessAborted } from './unless-aborted.js';

interface Server {
  taken: number;
  /** Each call hands a turn over. */
  readonly waiting: (() => void)[];
}

/**
 * Lets so many mailboxes of one server do something at a time: a thousand at once are all answered late, and some too late; one after
 * the other the first ones are soon done. Servers don't wait for each other.
 */
export class ServerTurns {
  private readonly servers = new Map<string, Server>();

  constructor(private readonly atOnceMax: number) {}

  /** Calls `act` when it is its turn. Rejects when `signal` is aborted before. */
  async take<T>(serverName: string, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const server = this.servers.get(serverName) ?? { taken: 0, waiting: [] };
    this.servers.set(serverName, server);
    if (server.taken < this.atOnceMax) server.taken += 1;
    else await handedOver(server, signal);
    try {
      return await act();
    } finally {
      pass(server);
      if (server.taken === 0) this.servers.delete(serverName);
    }
  }
}

async function handedOver(server: Server, signal: AbortSignal): Promise<void> {
  const turn = Promise.withResolvers<void>();
  server.waiting.push(turn.resolve);
  try {
    await unlessAborted(turn.promise, signal);
  } catch (error) {
    const place = server.waiting.indexOf(turn.resolve);
    // Not among them any more: the turn was handed over in the same moment.
    if (place === -1) pass(server);
    else server.waiting.splice(place, 1);
    throw error;
  }
}

/** To the next one, if there is one. */
function pass(server: Server): void {
  const next = server.waiting.shift();
  if (next) next();
  else server.taken -= 1;
}
