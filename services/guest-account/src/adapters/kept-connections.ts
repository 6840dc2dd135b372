import { fault } from '@inkpost/server-connection/run-steps.js';
import { CONNECTION_IDLE_MAX_MS, DIRECTORY_CONNECTIONS_MAX } from '../limits.js';

/** How connections of one kind are made and ended. */
export interface ConnectionWays<Connection> {
  /** Signed in. Throws a `Failure`. */
  open(): Promise<Connection>;
  isOpen(connection: Connection): boolean;
  close(connection: Connection): void;
  /** The connection was lost, not an answer given: another one may do. */
  isLost(error: unknown): boolean;
  /** How long work may wait for a connection that is free. */
  readonly waitMaxMs: number;
}

interface Idle<Connection> {
  readonly connection: Connection;
  readonly since: number;
}

/** A few connections to one server; each does one thing at a time, and one that is lost is replaced. */
export class KeptConnections<Connection> {
  private readonly idle: Idle<Connection>[] = [];
  private readonly waiting: (() => void)[] = [];
  private open = 0;
  private closed = false;

  constructor(private readonly ways: ConnectionWays<Connection>) {}

  /** Throws what the work throws, and a `Failure` when no connection becomes free in time. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    await this.takePlace();
    try {
      const kept = this.takeIdle();
      if (!kept) return await this.useNew(work);
      // The server may have closed it while it was idle.
      return await this.run(kept, work).catch((error: unknown) => {
        if (this.ways.isLost(error)) return this.useNew(work);
        throw error;
      });
    } finally {
      this.open -= 1;
      this.waiting.shift()?.();
    }
  }

  close(): void {
    this.closed = true;
    for (const { connection } of this.idle.splice(0)) this.ways.close(connection);
  }

  private async useNew<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.run(await this.ways.open(), work);
  }

  private async run<T>(connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await work(connection);
    } finally {
      if (this.ways.isOpen(connection) && !this.closed) this.idle.push({ connection, since: performance.now() });
      else this.ways.close(connection);
    }
  }

  private takeIdle(): Connection | undefined {
    const now = performance.now();
    for (let found = this.idle.pop(); found; found = this.idle.pop()) {
      if (this.ways.isOpen(found.connection) && now - found.since < CONNECTION_IDLE_MAX_MS) return found.connection;
      this.ways.close(found.connection);
    }
    return undefined;
  }

  private async takePlace(): Promise<void> {
    if (this.open < DIRECTORY_CONNECTIONS_MAX) {
      this.open += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const free = (): void => resolve(true);
    const timer = setTimeout(() => resolve(false), this.ways.waitMaxMs);
    this.waiting.push(free);
    const isFree = await promise;
    clearTimeout(timer);
    if (!isFree) {
      this.waiting.splice(this.waiting.indexOf(free), 1);
      throw fault('All connections to the server are waiting for its answers.');
    }
    this.open += 1;
  }
}
