import type { LogEntry } from './log-entry.js';
import { LogState } from './log-state.js';
import type { EntryContent, LogStore } from './log.store.js';

/** What is kept of bodies that were sent lately: a change goes to all slaves at once. */
const CONTENTS_KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** The master's log in memory: looked at for every slave, read once. */
export class KnownLog {
  private known = new LogState();
  private knownEpoch = 0;
  private contents = new Map<number, EntryContent>();
  private contentBytes = 0;
  private refreshing: Promise<boolean> | undefined;

  constructor(private readonly store: LogStore) {}

  get state(): LogState {
    return this.known;
  }

  get epoch(): number {
    return this.knownEpoch;
  }

  /** Reads what is new. Gives whether something was. */
  async refresh(epoch: number): Promise<boolean> {
    // One after the other: two readers at once would add an entry twice.
    const before = this.refreshing ?? Promise.resolve(false);
    const mine = before.catch(() => false).then(async () => this.read(epoch));
    this.refreshing = mine;
    return mine;
  }

  /** Of a server that is no master. */
  forget(): void {
    this.known = new LogState();
    this.knownEpoch = 0;
    this.contents.clear();
    this.contentBytes = 0;
  }

  /** In the order of the entries. */
  async contentsOf(entries: readonly LogEntry[]): Promise<EntryContent[]> {
    const missing = entries.filter(({ position, change }) => change === 'put' && !this.contents.has(position)).map(({ position }) => position);
    const read = missing.length === 0 ? [] : await this.store.contents(missing);
    const all = new Map(read.map((content) => [content.position, content]));
    const found = entries.map(({ position }) => all.get(position) ?? this.contents.get(position) ?? { position, body: '', sealedSecrets: null });
    for (const content of read) this.keep(content);
    return found;
  }

  private async read(epoch: number): Promise<boolean> {
    if (epoch !== this.knownEpoch) {
      await this.store.beginEpoch(epoch);
      const state = new LogState();
      const { position } = await this.store.head();
      state.begin(await this.store.epochs(), position);
      for (const entry of await this.store.entriesAfter(0)) state.add(entry);
      this.forget();
      this.known = state;
      this.knownEpoch = epoch;
      return true;
    }
    const entries = await this.store.entriesAfter(this.known.head);
    for (const entry of entries) this.known.add(entry);
    return entries.length > 0;
  }

  private keep(content: EntryContent): void {
    const bytes = content.body.length + (content.sealedSecrets?.length ?? 0);
    if (this.contentBytes + bytes > CONTENTS_KEPT_BYTES_MAX) {
      this.contents.clear();
      this.contentBytes = 0;
    }
    this.contents.set(content.position, content);
    this.contentBytes += bytes;
  }
}
