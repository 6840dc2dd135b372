/** One change of what somebody has left; money in thousandths of the currency. */
export interface Booking {
  readonly bookingId: string;
  readonly kind: 'print' | 'refund' | 'manual';
  /** Whose balance it changed; empty: nobody's. */
  readonly payerKind: '' | 'account' | 'group';
  readonly payer: string;
  /** Negative: charged. */
  readonly amount: number;
  readonly jobId: string | null;
  readonly accountId: string;
  readonly userGroup: string;
  readonly impressions: number;
  readonly sheets: number;
  readonly tariffId: string;
  readonly actor: string;
  readonly reason: string;
  readonly bookedAt: Date;
}

/** The columns of table `booking` as a {@link Booking}. */
export const BOOKING_COLUMNS = `booking.id AS "bookingId", booking.kind, booking.payer_kind AS "payerKind", booking.payer, booking.amount, booking.job_id AS "jobId", booking.account_id AS "accountId",
  booking.user_group AS "userGroup", booking.impressions, booking.sheets, booking.tariff_id AS "tariffId", booking.actor, booking.reason, booking.booked_at AS "bookedAt"`;
