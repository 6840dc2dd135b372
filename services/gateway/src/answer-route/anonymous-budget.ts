import { LIMITS } from '../limits.js';

interface Bucket {
  tokens: number;
  at: number;
}

export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

const ANONYMOUS: Rate = { burst: LIMITS.anonymousBurst, perSecond: LIMITS.anonymousPerSecond };

/**
 * What a network may send without being signed in: a burst, then a steady rate. Owners lock out wrong codes and passwords
 * by themselves; this only keeps a flood from reaching them and from filling the audit log.
 */
export class AnonymousBudget {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly rate: Rate = ANONYMOUS) {}

  /** Seconds to wait, 0: go on. */
  take(source: string, now = Date.now()): number {
    const bucket = this.buckets.get(source) ?? { tokens: this.rate.burst, at: now };
    bucket.tokens = Math.min(this.rate.burst, bucket.tokens + ((now - bucket.at) / 1_000) * this.rate.perSecond);
    bucket.at = now;
    // Re-inserted, so that the map's first entry is the one that was silent longest.
    this.buckets.delete(source);
    this.buckets.set(source, bucket);
    if (this.buckets.size > LIMITS.anonymousSourcesMax) this.forgetOldest();
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.rate.perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  private forgetOldest(): void {
    const [oldest] = this.buckets.keys();
    if (oldest !== undefined) this.buckets.delete(oldest);
  }
}
