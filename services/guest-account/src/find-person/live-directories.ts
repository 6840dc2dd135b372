import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { DirectoryConfiguration, StoredDirectory } from '../directories/directory.js';
import type { PeopleDirectory } from '../ports/directory.port.js';
import type { AskedDirectory } from './ask-directories.js';
import { type AnswerAges, LiveDirectory } from './live-directory.js';

/** Local people lie in Postgres beside this service: their answers are not kept. */
const UNKEPT: AnswerAges = { cacheSeconds: 0, missCacheSeconds: 0 };

interface Running {
  readonly version: number;
  readonly live: LiveDirectory;
}

/** The directories as they are set now, and the connections and answers that are kept of each. */
@Injectable()
export class LiveDirectories implements OnModuleDestroy {
  private configuration: DirectoryConfiguration | undefined;
  private loading: Promise<DirectoryConfiguration> | undefined;
  private readonly running = new Map<string, Running>();

  constructor(
    private readonly load: () => Promise<DirectoryConfiguration>,
    private readonly open: (directory: StoredDirectory) => PeopleDirectory,
  ) {}

  /** In the order in which owners are looked for. `revision`: what Postgres said last; a newer one is loaded. */
  async order(revision: number): Promise<readonly AskedDirectory[]> {
    const { directories, defaultDirectoryId } = await this.at(revision);
    const byId = new Map(directories.map((directory) => [directory.directoryId, directory]));
    const first = byId.get(defaultDirectoryId);
    const ids = first?.settings.kind === 'meta' ? first.settings.members : [defaultDirectoryId];
    // New guests are made there, so it is always asked before.
    const complete = ids.includes('guests') ? ids : [...ids, 'guests'];
    return complete.flatMap((id) => {
      const directory = byId.get(id);
      return directory ? [{ name: directory.name, live: this.live(directory) }] : [];
    });
  }

  /** Of `guests` and `meta`: undefined, they have no connections of their own. */
  live(directory: StoredDirectory): LiveDirectory | undefined {
    const { settings, directoryId, version } = directory;
    if (settings.kind === 'guests' || settings.kind === 'meta') return undefined;
    const running = this.running.get(directoryId);
    if (running && running.version >= version) return running.live;
    running?.live.people.close();
    const live = new LiveDirectory(this.open(directory), 'cacheSeconds' in settings ? settings : UNKEPT);
    this.running.set(directoryId, { version, live });
    return live;
  }

  onModuleDestroy(): void {
    for (const { live } of this.running.values()) live.people.close();
    this.running.clear();
  }

  private async at(revision: number): Promise<DirectoryConfiguration> {
    if (this.configuration && this.configuration.revision >= revision) return this.configuration;
    this.loading ??= this.loadAnew().finally(() => {
      this.loading = undefined;
    });
    const loaded = await this.loading;
    // The load that was under way may have begun before the change.
    return loaded.revision >= revision ? loaded : this.at(revision);
  }

  private async loadAnew(): Promise<DirectoryConfiguration> {
    const loaded = await this.load();
    const ids = new Set(loaded.directories.map(({ directoryId }) => directoryId));
    for (const [id, { live }] of this.running) {
      if (ids.has(id)) continue;
      live.people.close();
      this.running.delete(id);
    }
    this.configuration = loaded;
    return loaded;
  }
}
