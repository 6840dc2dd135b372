/**
 * How many documents are sent to a printer side by side. It begins with one and grows while the printer takes a further one
 * before it finished the last, or finishes at once; a busy printer gets one at a time again. Real devices mostly stay at one.
 */
export class SendWindow {
  private open = 1;
  private limit: number;

  /** @param max of the installation. */
  constructor(private readonly max: number) {
    this.limit = max;
  }

  /** What the printer's settings say of it: from the next document on. */
  limitTo(documentsAtOnce: number): void {
    this.limit = Math.min(documentsAtOnce, this.max);
    this.open = Math.min(this.open, this.limit);
  }

  get size(): number {
    return this.open;
  }

  /** The printer took a document; `kept` others of ours were unfinished there or under way, or it finished this one at once. */
  noteAccepted({ kept, finished }: { readonly kept: number; readonly finished: boolean }): void {
    if (kept > 0 || finished) this.open = Math.min(this.open + 1, this.limit);
  }

  noteBusy(): void {
    this.open = 1;
  }
}
