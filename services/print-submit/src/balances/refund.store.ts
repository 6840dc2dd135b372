import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Job } from '../print-job/job.js';
import { isOvertaken } from '../print-job/statement-errors.js';
import type { ChargingSettings } from '../tariffs/charging.js';
import { type Booking, BOOKING_COLUMNS } from './booking.js';

type Row = Booking & Record<string, unknown>;

const FIND = `SELECT ${BOOKING_COLUMNS} FROM booking WHERE job_id = $1 AND kind = $2`;

const REFUND = `
  printed AS (SELECT * FROM booking WHERE job_id = $6 AND kind = 'print'),
  booked AS (
    INSERT INTO booking (kind, payer_kind, payer, amount, job_id, account_id, user_group, impressions, sheets, tariff_id, actor, reason)
    SELECT 'refund', payer_kind, payer, -amount, job_id, account_id, user_group, impressions, sheets, tariff_id, $7::text, $8::text FROM printed, step
    ON CONFLICT (job_id, kind) DO NOTHING RETURNING *),
  paid AS (UPDATE balance SET amount = balance.amount + booked.amount FROM booked WHERE balance.kind = booked.payer_kind AND balance.name = booked.payer RETURNING 1),
  used AS (
    UPDATE usage_day SET impressions = usage_day.impressions - booked.impressions, money = usage_day.money - booked.amount
    FROM booked, printed WHERE usage_day.day = (printed.booked_at AT TIME ZONE $9::text)::date
      AND (usage_day.kind = 'account' AND usage_day.name = booked.account_id OR usage_day.kind = 'group' AND usage_day.name = booked.user_group) RETURNING 1)`;

/** Gives back what prints cost. */
export class RefundStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** To whoever paid, and to the day's use. `not-booked`: it was not printed, or long ago; `refunded`: once is enough. */
  async refund(job: Pick<Job, 'jobId' | 'messageId' | 'fileName'>, { currency, timeZone }: ChargingSettings, actor: string, reason: string): Promise<Booking | 'not-booked' | 'refunded'> {
    const [printed] = await this.find(job.jobId, 'print');
    if (!printed) return 'not-booked';
    const evidence = { fileName: job.fileName, amount: -printed.amount, currency, impressions: printed.impressions, by: 'administrator', actor, reason };
    try {
      await this.flow.publish(
        { journeyId: job.messageId, entries: [{ step: 'refunded', document: job.jobId, evidence }], publish: [] },
        { name: 'booking.refund', with: REFUND, select: 'require_rows((SELECT count(*) FROM booked), 1) AS refunded', values: [job.jobId, actor, reason, timeZone] },
      );
    } catch (error) {
      if (isOvertaken(error)) return 'refunded';
      throw error;
    }
    const [refund] = await this.find(job.jobId, 'refund');
    return refund ?? 'not-booked';
  }

  private find(jobId: string, kind: Booking['kind']): Promise<Row[]> {
    return query<Row>(this.pool, 'booking.of-job', FIND, [jobId, kind]);
  }
}
