import { Code, ConnectError } from '@connectrpc/connect';

const MINUTE_MS = 60_000;

export interface TestBudgetLimits {
  /** Of one administrator. */
  readonly perMinuteMax: number;
  /** Of all together. */
  readonly atOnceMax: number;
}

/** Tests go to any server that an administrator names: not so many of them that they would search a network. */
export class TestBudget {
  private readonly begunAt = new Map<string, number[]>();
  private underWay = 0;

  constructor(private readonly limits: TestBudgetLimits) {}

  /** Does the work, or throws the refusal that its caller is told. */
  async spend<T>(actor: string, work: () => Promise<T>, now = performance.now()): Promise<T> {
    const { perMinuteMax, atOnceMax } = this.limits;
    const recent = (this.begunAt.get(actor) ?? []).filter((at) => now - at < MINUTE_MS);
    if (recent.length >= perMinuteMax) throw new ConnectError(`At most ${perMinuteMax} tests a minute: wait a little.`, Code.ResourceExhausted);
    if (this.underWay >= atOnceMax) throw new ConnectError(`${atOnceMax} tests are under way: wait until one of them is done.`, Code.ResourceExhausted);
    this.begunAt.set(actor, [...recent, now]);
    this.underWay += 1;
    try {
      return await work();
    } finally {
      this.underWay -= 1;
    }
  }
}
