/** What came out of some tests. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Full names of the tests that were skipped. */
  readonly skipped: readonly string[];
}

/** @param skipFails on a build server a test that did not run is a test that failed. */
export function addCounts(counts: readonly TestCounts[], skipFails: boolean): TestCounts {
  const skipped = counts.flatMap((count) => count.skipped);
  return {
    passed: sum(counts.map((count) => count.passed)),
    failed: sum(counts.map((count) => count.failed)) + (skipFails ? skipped.length : 0),
    skipped,
  };
}

/** The last line of `npm test`: `N passed, N failed`, and `, N skipped` only if there are and they do not count as failed. */
export function summaryLine({ passed, failed, skipped }: TestCounts, skipFails: boolean): string {
  const tail = skipped.length > 0 && !skipFails ? `, ${skipped.length} skipped` : '';
  return `${passed} passed, ${failed} failed${tail}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
