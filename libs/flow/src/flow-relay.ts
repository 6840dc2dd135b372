import type { JsonValue } from '@bufbuild/protobuf';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { FlowSender } from './flow-sender.js';

interface ClaimedRow {
  readonly id: string;
  readonly subject: string;
  readonly consumer: string;
  readonly journey_id: string;
  readonly payload: JsonValue;
  readonly trace: string;
  readonly tries: number;
}

const PAUSE_MS = 1_000;
const CLAIM_MAX = 500;

/** The safety net of the flow: sends again from Postgres what its service published and nobody closed in time. */
export class FlowRelay {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly service: string,
    private readonly pool: Pool,
    private readonly sender: FlowSender,
    private readonly log: Log,
  ) {}

  start(): void {
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(pauseMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.round().then(
        (full) => this.schedule(full ? 0 : PAUSE_MS),
        (error: unknown) => {
          this.log.warning('relay could not send, it tries again', { error });
          this.schedule(PAUSE_MS);
        },
      );
    }, pauseMs);
  }

  /** One round; true when more may be due at once. */
  private async round(): Promise<boolean> {
    // The epoch first: with Redis away this throws, and nothing is claimed in vain.
    if (!(await this.sender.markEpoch(this.service))) {
      const [row] = await query<{ resent: number }>(this.pool, 'flow.resend-all', 'SELECT flow.resend_all() AS resent', []);
      if (row && row.resent > 0) this.log.warning('redis was empty, open messages are sent again', { messages: row.resent });
    }
    const rows = await query<ClaimedRow>(this.pool, 'flow.claim', 'SELECT * FROM flow.claim($1)', [CLAIM_MAX]);
    for (const row of rows) {
      await this.sender.send({
        id: row.id, subject: row.subject, consumer: row.consumer.replaceAll('_', '-'), journeyId: row.journey_id, payload: row.payload, trace: row.trace, tries: row.tries,
      });
    }
    if (rows.length > 0) this.log.debug('relay sent messages again', { messages: rows.length });
    return rows.length === CLAIM_MAX;
  }
}
