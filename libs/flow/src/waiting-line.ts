import type { Envelope } from './flow-names.js';

export interface Waiting {
  readonly subject: string;
  readonly envelope: Envelope;
}

/** Far more than a burst of mails brings at once; whoever comes then is not kept. */
const WAITING_MAX = 64;

/** Hands are free again within some milliseconds, unless they wait for something outside; then nobody waits behind them. */
const WAIT_MS = 500;

/** Messages of this process that wait for a free hand, in their order and only for a moment. */
export class WaitingLine {
  private waiting: (Waiting & { readonly sinceMs: number })[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** `passOn` takes those that waited long enough. */
  constructor(private readonly passOn: (waited: Waiting) => void) {}

  /** False when there is no room. */
  add(waiting: Waiting): boolean {
    if (this.waiting.length >= WAITING_MAX) return false;
    this.waiting.push({ ...waiting, sinceMs: performance.now() });
    this.timer ??= setTimeout(() => this.passOnWaited(), WAIT_MS);
    return true;
  }

  /** Whose turn it is. */
  next(): Waiting | undefined {
    return this.waiting.shift();
  }

  /** Passes all on. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const waited of this.waiting.splice(0)) this.passOn(waited);
  }

  private passOnWaited(): void {
    const enoughMs = performance.now() - WAIT_MS;
    const waited = this.waiting.filter(({ sinceMs }) => sinceMs <= enoughMs);
    this.waiting = this.waiting.slice(waited.length);
    for (const each of waited) this.passOn(each);
    const [first] = this.waiting;
    this.timer = first && setTimeout(() => this.passOnWaited(), first.sinceMs - enoughMs);
  }
}
