import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuMsByGroup, type ProcessGroup } from '../bench/meter-processes/process-meter.js';
import { ownChildren, readProcessTable } from '../bench/meter-processes/process-table.js';
import { ProblemError } from '@inkpost/suite/rest-client.js';
import { type BareInstallation, startInstallation } from '../installation/start-installation.js';
import { Within } from './within.js';

const PASSWORD = 'Bench-Passw0rd';
/** Those that speak with slaves. */
const SPEAKERS = ['domain-sync', 'gateway'] as const;


interface Replication {
  readonly position: number;
  readonly servers: readonly { readonly standing: string }[];
}

/** A whole Inkpost with a process per service and a PostgreSQL of its own, master of a new domain. */
export class Master {
  private busy = 0;

  private constructor(
    private readonly installation: BareInstallation,
    private readonly postgres: ProcessGroup,
  ) {}

  static async start(): Promise<Master> {
    const installation = await startInstallation({ topology: 'processes', password: PASSWORD });
    const table = readProcessTable();
    const rootPid = ownChildren().find((pid) => table.get(pid)?.command === 'postgres') ?? 0;
    const master = new Master(installation, { name: 'postgres', rootPid });
    await installation.rest.signIn('maintenance', PASSWORD);
    await installation.rest.post('/api/v0/domain', { identifier: `127.0.0.1:${installation.ports.dsp}` });
    return master;
  }

  get origin(): string {
    return `https://127.0.0.1:${this.installation.ports.dsp}`;
  }

  get databaseOwnerUrl(): string {
    return this.installation.databaseOwnerUrl;
  }

  /** How often it told an administrator that it can't answer now. */
  get busyAnswers(): number {
    return this.busy;
  }

  get logFile(): string {
    return this.installation.logFile;
  }

  masterKey(): Promise<string> {
    return readFile(join(this.installation.folder, 'secrets', 'domain-sync', 'master-key'), 'utf8');
  }

  /** Its default waits: 5 to 60 seconds, and up to 10 more at random. */
  async synchronize(mode: 'bidirectional' | 'mailbox'): Promise<void> {
    await this.installation.rest.put('/api/v0/domain/synchronization', { mode });
  }

  /** A global object. */
  async createLocation(name: string): Promise<string> {
    const { locationId } = await this.installation.rest.post<{ locationId: string }>('/api/v0/locations', { name });
    await this.installation.rest.put(`/api/v0/domain/global-objects/location/${locationId}`, { global: true });
    return locationId;
  }

  async renameLocation(locationId: string, name: string): Promise<void> {
    await this.installation.rest.put(`/api/v0/locations/${locationId}`, { name });
  }

  /** The log is so long, within some seconds after a change. */
  async untilRecorded(position: number): Promise<void> {
    const within = new Within(20_000);
    while ((await this.replication()).position < position) {
      within.check(() => 'A change is not in the log');
      await pause(20);
    }
  }

  async position(): Promise<number> {
    return (await this.replication()).position;
  }

  /** How many slaves it has heard of since its start and finds to have everything. */
  async levelSlaves(): Promise<number> {
    try {
      return (await this.replication()).servers.filter(({ standing }) => standing === 'level').length;
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 503)) throw error;
      this.busy += 1;
      return 0;
    }
  }

  /** CPU time so far, in milliseconds: of what speaks with slaves, and of the whole database server. */
  cpuMs(): ReadonlyMap<string, number> {
    return cpuMsByGroup([...this.speakers.map(({ name, pid }) => ({ name, rootPid: pid })), this.postgres]);
  }

  /** kill -9 of domain-sync and of the gateway. */
  async kill(): Promise<void> {
    await Promise.all(this.speakers.map((service) => service.kill()));
  }

  /** Ready when this resolves. */
  async restart(): Promise<void> {
    for (const service of this.speakers) await service.restart();
    await this.installation.suite.waitUntilReady();
  }

  async stop(): Promise<void> {
    await this.installation.remove();
  }

  private get speakers() {
    return this.installation.suite.processes.filter(({ name }) => (SPEAKERS as readonly string[]).includes(name));
  }

  private replication(): Promise<Replication> {
    return this.installation.rest.get<Replication>('/api/v0/domain/replication');
  }
}
