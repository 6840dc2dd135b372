import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

type Recorded = FlowMessage<'print.job-recorded.v1'>['payload'];

/**
 * A job recorded twice, by whatever way, is one print: here while it is new, and later where it is added up. An owner with an empty label is erased, and named again only
 * if the account may return.
 */
const RECORD = {
  name: 'record-print',
  durable: 'with-the-next',
  with: `fact AS (
      INSERT INTO print_fact_new (job_id, completed_at, account_id, user_group, queue_id, location_path, mailbox_id, origin, pages, copies, impressions, sheets, color, duplex, media, price)
      SELECT $6::uuid, $7::timestamptz, $8::text, $9::text, $10::text, $11::text, $12::text, $13::text, $14::int, $15::int, $16::bigint, $17::bigint, $18::bool, $19::bool, $20::text, $21::bigint FROM step
      ON CONFLICT (job_id) DO NOTHING RETURNING account_id),
    owner AS (
      INSERT INTO print_owner AS o (account_id, directory, label) SELECT account_id, $22::text, $23::text FROM fact WHERE $23::text <> ''
      ON CONFLICT (account_id) DO UPDATE SET directory = excluded.directory, label = excluded.label, may_return = false, told = false
      WHERE (o.label <> '' OR o.may_return) AND (o.directory, o.label) IS DISTINCT FROM (excluded.directory, excluded.label))`,
} as const;

/** Every print is a fact, kept for good and without a title (WD-025). */
@Injectable()
export class RecordPrintHandler implements FlowHandler<'print.job-recorded.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'print.job-recorded.v1'>): Promise<void> {
    const { payload, journeyId } = message;
    const counts = countsOf(payload);
    const { jobId, completedAt, accountId, userGroup, queueId, locationPath, mailboxId, origin, color, duplex, media, price, directory, ownerLabel } = payload;
    await this.flow.step(
      message,
      { journeyId, entries: [{ step: 'counted', evidence: counts, document: jobId }], publish: [] },
      {
        ...RECORD,
        values: [
          jobId, timestampDate(completedAt), accountId, userGroup, queueId, locationPath, mailboxId, origin || 'mail',
          counts.pages, counts.copies, counts.impressions, counts.sheets, color, duplex, media, String(price > 0n ? price : 0n), directory, ownerLabel,
        ],
      },
    );
  }
}

/** Who doesn't count tells 0; what was printed was printed once at least, and each of its pages came out on one side. */
function countsOf({ pages, copies, impressions, sheets }: Recorded) {
  const counted = { pages: Math.max(pages, 0), copies: Math.max(copies, 1) };
  const printed = impressions > 0 ? impressions : counted.pages * counted.copies;
  return { ...counted, impressions: printed, sheets: sheets > 0 ? sheets : printed };
}
