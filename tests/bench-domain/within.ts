/** A bound for what is waited for. */
export class Within {
  private readonly until: number;

  constructor(private readonly timeoutMs: number) {
    this.until = performance.now() + timeoutMs;
  }

  /** @throws Error once the time is over. */
  check(what: () => string): void {
    if (performance.now() > this.until) throw new Error(`${what()} after ${this.timeoutMs / 1_000} s.`);
  }
}
