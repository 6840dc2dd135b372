/** The same numbers for the same seed, on every machine (mulberry32). */
export class SeededRandom {
  private state: number;

  /** @param seed a whole number of 32 bits */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** @throws Error for an empty list. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  /** Fisher-Yates. */
  shuffled<Value>(values: readonly Value[]): Value[] {
    const rest = [...values];
    const drawn: Value[] = [];
    while (rest.length > 0) drawn.push(...rest.splice(this.below(rest.length), 1));
    return drawn;
  }
}
