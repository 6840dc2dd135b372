import { Code, ConnectError } from '@connectrpc/connect';
import { TESTS_AT_ONCE_MAX, TESTS_PER_MINUTE_MAX } from '../limits.js';

const MINUTE_MS = 60_000;

/** Tests go to any server that an administrator names: not so many of them that they would search a network. */
export class TestBudget {
  private readonly begunAt = new Map<string, number[]>();
  private underWay = 0;

  /** Does the work, or throws the refusal that its caller is told. */
  async spend<T>(actor: string, work: () => Promise<T>, now = performance.now()): Promise<T> {
    const recent = (this.begunAt.get(actor) ?? []).filter((at) => now - at < MINUTE_MS);
    if (recent.length >= TESTS_PER_MINUTE_MAX) throw new ConnectError(`At most ${TESTS_PER_MINUTE_MAX} tests a minute: wait a little.`, Code.ResourceExhausted);
    if (this.underWay >= TESTS_AT_ONCE_MAX) throw new ConnectError(`${TESTS_AT_ONCE_MAX} tests are under way: wait until one of them is done.`, Code.ResourceExhausted);
    this.begunAt.set(actor, [...recent, now]);
    this.underWay += 1;
    try {
      return await work();
    } finally {
      this.underWay -= 1;
    }
  }
}
