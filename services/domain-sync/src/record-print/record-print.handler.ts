import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { TOTAL_SLOTS } from '../limits.js';

/** A fact counts in the totals only if it is new: a job recorded twice, by whatever way, is one print. */
const RECORD = {
  name: 'record-print',
  with: `fact AS (
      INSERT INTO print_fact (job_id, queue_id, account_id, mailbox_id, pages, copies, completed_at)
      SELECT $6::uuid, $7::text, $8::text, $9::text, $10::int, $11::int, $12::timestamptz FROM step
      ON CONFLICT (job_id) DO NOTHING RETURNING queue_id, pages, copies, completed_at),
    total AS (
      INSERT INTO print_total AS t (day, queue_id, slot, jobs, pages)
      SELECT (completed_at AT TIME ZONE 'UTC')::date, queue_id, $13::smallint, 1, pages::bigint * copies FROM fact
      ON CONFLICT (day, queue_id, slot) DO UPDATE SET jobs = t.jobs + excluded.jobs, pages = t.pages + excluded.pages)`,
} as const;

/** Every print is a fact, kept for good and without a title (WD-025). */
@Injectable()
export class RecordPrintHandler implements FlowHandler<'print.job-recorded.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'print.job-recorded.v1'>): Promise<void> {
    const { jobId, queueId, accountId, mailboxId, completedAt } = message.payload;
    // Who doesn't count tells 0 pages or copies; what was printed was printed once at least.
    const [pages, copies] = [Math.max(message.payload.pages, 0), Math.max(message.payload.copies, 1)];
    const slot = Math.floor(Math.random() * TOTAL_SLOTS);
    await this.flow.step(
      message,
      { journeyId: message.journeyId, entries: [{ step: 'counted', evidence: { pages, copies }, document: jobId }], publish: [] },
      { ...RECORD, values: [jobId, queueId, accountId, mailboxId, pages, copies, timestampDate(completedAt), slot] },
    );
  }
}
