import { hostname } from 'node:os';
import type { MachineFigures } from '../identify-server/measure-machine.js';
import type { ServerStore } from '../identify-server/server.store.js';
import type { Figures } from './membership.store.js';

export interface OwnServerParts {
  readonly servers: ServerStore;
  readonly measureMachine: () => Promise<MachineFigures>;
  readonly version: string;
  readonly startedAt: Date;
  /** The clock. */
  readonly now: () => Date;
}

/** This server, as it tells others of itself. */
export class OwnServer {
  readonly version: string;

  constructor(private readonly parts: OwnServerParts) {
    this.version = parts.version;
  }

  now(): Date {
    return this.parts.now();
  }

  async identity(): Promise<{ readonly serverId: string; readonly name: string; readonly dns: string }> {
    return { ...(await this.parts.servers.find()), dns: hostname() };
  }

  async figures(): Promise<Figures> {
    const { servers, measureMachine, version, startedAt } = this.parts;
    const [{ name }, { load, diskFreeBytes, diskSizeBytes }] = await Promise.all([servers.find(), measureMachine()]);
    return { name, version, startedAt, load, diskFreeBytes: Number(diskFreeBytes), diskSizeBytes: Number(diskSizeBytes) };
  }
}
