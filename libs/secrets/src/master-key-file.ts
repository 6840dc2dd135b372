import { readFileSync, statSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { type KeysOfVersion, type MasterKey, parseMasterKey } from './master-key.js';

/** How long a service may seal by what it read before it looks whether the file was replaced. The rotation waits longer than this. */
export const KEY_FILE_AGE_MAX_MS = 1_000;

/**
 * The master key in a file whose content may be replaced while the service runs. It is looked at when it is used, not by a timer: so a
 * process that was stopped or starved meanwhile can't go on with a key of the past. A look costs 3 µs, at most once a second.
 */
export class MasterKeyFile implements MasterKey {
  private read: MasterKey;
  private stamp: string;
  private lookedAtMs: number;

  /** Throws the CauseDown `secrets.master-key-unreadable` with the path and why; so does every use while the file is away or no key. */
  constructor(
    private readonly path: string,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.lookedAtMs = nowMs();
    this.stamp = this.stampNow();
    this.read = this.readNow();
  }

  get currentVersion(): number {
    return this.fresh().currentVersion;
  }

  get versions(): ReadonlyMap<number, KeysOfVersion> {
    return this.fresh().versions;
  }

  get hashing(): KeyObject {
    return this.fresh().hashing;
  }

  private fresh(): MasterKey {
    const nowMs = this.nowMs();
    if (nowMs - this.lookedAtMs < KEY_FILE_AGE_MAX_MS) return this.read;
    const stamp = this.stampNow();
    if (stamp !== this.stamp) {
      this.read = this.readNow();
      this.stamp = stamp;
    }
    this.lookedAtMs = nowMs;
    return this.read;
  }

  /** A file is replaced by another one, never written into: so its number and times tell. */
  private stampNow(): string {
    const { ino, mtimeNs, size } = this.reachable(() => statSync(this.path, { bigint: true }));
    return `${ino} ${mtimeNs} ${size}`;
  }

  private readNow(): MasterKey {
    return this.reachable(() => parseMasterKey(readFileSync(this.path, 'utf8')));
  }

  /** Not permanent: what needs the key waits until it is back. */
  private reachable<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      const why = cause instanceof Failure ? cause.message : 'It must be there and readable for this account.';
      throw new CauseDown('secrets.master-key-unreadable', `The master key in ${this.path} can't be used. ${why}`, { cause });
    }
  }
}
