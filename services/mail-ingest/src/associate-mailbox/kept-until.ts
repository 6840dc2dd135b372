/** Values that hold for a while. Those that have run out are let go with the next that is kept: whoever asked for them may never ask again. */
export class KeptUntil<T> {
  private readonly kept = new Map<string, { readonly value: T; readonly untilMs: number }>();

  /** `nowMs`: since the epoch. */
  constructor(private readonly nowMs: () => number = () => Date.now()) {}

  get size(): number {
    return this.kept.size;
  }

  /** Undefined: it was never kept, or has run out. */
  get(key: string): T | undefined {
    const found = this.kept.get(key);
    return found && found.untilMs > this.nowMs() ? found.value : undefined;
  }

  set(key: string, value: T, untilMs: number): void {
    const now = this.nowMs();
    for (const [each, { untilMs: until }] of this.kept) if (until <= now) this.kept.delete(each);
    this.kept.set(key, { value, untilMs });
  }

  delete(key: string): void {
    this.kept.delete(key);
  }
}
