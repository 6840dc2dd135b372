/** Pauses that double from the first to the longest, until something went well. Milliseconds. */
export class Backoff {
  private pauseMs = 0;

  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
  ) {}

  next(): number {
    this.pauseMs = this.pauseMs === 0 ? this.firstMs : Math.min(this.pauseMs * 2, this.maxMs);
    return this.pauseMs;
  }

  reset(): void {
    this.pauseMs = 0;
  }
}
