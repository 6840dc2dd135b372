/** What a printer has taken, held against what it should have. */
export interface PrintTally {
  /** Expected and not come (yet). */
  readonly lost: number;
  /** Come more often than once. */
  readonly doubled: number;
  /** Come, but not one of those expected, byte for byte. */
  readonly altered: number;
}

/** Compares the documents that a printer takes with the expected ones, by SHA-256. */
export class PrintCheck {
  /** SHA-256 -> when the printer answered that it has the document (performance.now). */
  readonly acceptedAt = new Map<string, number>();
  private doubled = 0;
  private altered = 0;
  private readonly complete = Promise.withResolvers<void>();

  constructor(private readonly expected: ReadonlySet<string>) {}

  /** Every expected document has come at least once. */
  get allCame(): Promise<void> {
    return this.complete.promise;
  }

  get tally(): PrintTally {
    return { lost: this.expected.size - this.acceptedAt.size, doubled: this.doubled, altered: this.altered };
  }

  get lastAcceptedAt(): number {
    return Math.max(...this.acceptedAt.values());
  }

  note(sha256: string): void {
    if (!this.expected.has(sha256)) this.altered += 1;
    else if (this.acceptedAt.has(sha256)) this.doubled += 1;
    else this.acceptedAt.set(sha256, performance.now());
    if (this.acceptedAt.size === this.expected.size) this.complete.resolve();
  }
}
