import { checksumOf } from '../compare-checksums/checksum.js';
import { keyOf, type LogEntry, type ObjectReference } from './log-entry.js';

/** Where the numbering of an epoch begins: behind this position. */
export interface EpochStart {
  readonly epoch: number;
  readonly after: number;
}

/** What a slave says that it has. */
export interface InventoryObject extends ObjectReference {
  /** Hexadecimal; empty: taken, but not applied yet. */
  readonly digest: string;
  /** Of the entry that it comes from. */
  readonly position: number;
  readonly epoch: number;
  /** The service that owns it there. */
  readonly owner: string;
}

/** What a slave's inventory lacks, and what it has too much of, in the log's order. */
export interface Difference {
  readonly send: readonly LogEntry[];
  readonly drop: readonly InventoryObject[];
}

const CHECKSUMS_KEPT_MAX = 64;

/** The log as far as decisions need it: the last entry of each object. One of these serves all slaves, and no query is made for any of them. */
export class LogState {
  /** In the order of their positions: an object whose entry is replaced moves to the end. */
  private readonly latest = new Map<string, LogEntry>();
  private starts: readonly EpochStart[] = [];
  private checksums = new Map<string, string>();
  private headPosition = 0;

  get head(): number {
    return this.headPosition;
  }

  /** In the order of epochs. */
  begin(starts: readonly EpochStart[], head = this.headPosition): void {
    this.starts = starts;
    this.headPosition = Math.max(head, this.headPosition);
  }

  /** Entries come in the order of their positions. */
  add(entry: LogEntry): void {
    const key = keyOf(entry);
    this.latest.delete(key);
    this.latest.set(key, entry);
    this.headPosition = Math.max(this.headPosition, entry.position);
    this.checksums.clear();
  }

  find(object: ObjectReference): LogEntry | undefined {
    return this.latest.get(keyOf(object));
  }

  entries(): Iterable<LogEntry> {
    return this.latest.values();
  }

  /** What an up-to-date slave has. */
  checksum(except: readonly string[] = []): string {
    const name = JSON.stringify(except.toSorted());
    const known = this.checksums.get(name);
    if (known !== undefined) return known;
    const checksum = checksumOf(this.standing(), new Set(except));
    // Slaves say which kinds are held up: what they make up must not fill the memory.
    if (this.checksums.size >= CHECKSUMS_KEPT_MAX) this.checksums.clear();
    this.checksums.set(name, checksum);
    return checksum;
  }

  /** False: the numbering that the slave knows was left by an epoch that it has not heard of, or it was never ours. */
  continues(slave: { readonly position: number; readonly positionEpoch: number }): boolean {
    if (slave.position === 0) return true;
    if (slave.position > this.headPosition || !this.starts.some(({ epoch }) => epoch === slave.positionEpoch)) return false;
    const next = this.starts.find(({ epoch }) => epoch > slave.positionEpoch);
    return next === undefined || slave.position <= next.after;
  }

  /** The last entry of each object that changed behind this position, in the log's order. What was overtaken since is not sent. */
  after(position: number): LogEntry[] {
    const behind: LogEntry[] = [];
    for (const entry of [...this.latest.values()].toReversed()) {
      if (entry.position <= position) break;
      behind.push(entry);
    }
    return behind.toReversed();
  }

  /** An object is as it should be when it came from its last entry and nobody changed it since. */
  difference(inventory: readonly InventoryObject[]): Difference {
    const there = new Map(inventory.map((object) => [keyOf(object), object]));
    const send = [...this.standing()].filter((entry) => {
      const object = there.get(keyOf(entry));
      const isTaken = object?.position === entry.position && object.epoch === entry.epoch;
      return !isTaken || (object.digest !== '' && object.digest !== entry.digest);
    });
    const drop = inventory.filter((object) => {
      const latest = this.latest.get(keyOf(object));
      const isToldAlready = object.digest === '' && object.position === (latest?.position ?? 0);
      return latest?.change !== 'put' && !isToldAlready;
    });
    return { send, drop };
  }

  private *standing(): Iterable<LogEntry> {
    for (const entry of this.latest.values()) if (entry.change === 'put') yield entry;
  }
}
