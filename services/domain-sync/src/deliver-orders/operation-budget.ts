const SLICES = 60;
const SLICE_MS = 1_000;

/**
 * At most so many operations in any 60 seconds (DOM-027). An operation that has to wait is delayed, never lost: whoever gets none asks
 * again when `freeInMs` is over. Times are in milliseconds.
 */
export class OperationBudget {
  /** Taken in each of the last seconds. */
  private taken: { slice: number; count: number }[] = [];

  /** `perMinute` 0: as many as there are. */
  take(wanted: number, perMinute: number, now: number): number {
    if (perMinute === 0) return wanted;
    const granted = Math.max(0, Math.min(wanted, perMinute - this.used(now)));
    if (granted === 0) return 0;
    const slice = Math.floor(now / SLICE_MS);
    const last = this.taken.at(-1);
    if (last?.slice === slice) last.count += granted;
    else this.taken.push({ slice, count: granted });
    return granted;
  }

  free(perMinute: number, now: number): number {
    return perMinute === 0 ? Number.POSITIVE_INFINITY : Math.max(0, perMinute - this.used(now));
  }

  /** Until the next one is free. */
  freeInMs(perMinute: number, now: number): number {
    if (this.free(perMinute, now) > 0) return 0;
    const oldest = this.taken[0]?.slice ?? 0;
    return Math.max(1, (oldest + SLICES + 1) * SLICE_MS - now);
  }

  private used(now: number): number {
    const oldest = Math.floor(now / SLICE_MS) - SLICES;
    this.taken = this.taken.filter(({ slice }) => slice >= oldest);
    return this.taken.reduce((sum, { count }) => sum + count, 0);
  }
}
