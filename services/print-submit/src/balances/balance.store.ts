import type { PagePlace } from '@inkpost/service/page-place.js';
import { randomUUID } from 'node:crypto';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { ChargingChange } from '../tariffs/charging-change.js';
import { type Booking, BOOKING_COLUMNS } from './booking.js';
import type { Balance, Holder } from './decide-limits.js';
import type { LimitMode } from './quota.js';

type Row<T> = T & Record<string, unknown>;

/** What is set of a balance. Its amount changes by bookings alone, but for what everybody begins with. */
export interface BalanceSettings extends Holder {
  readonly mode: LimitMode;
  readonly overdraft: number;
  /** Only of everybody. */
  readonly startAmount: number;
}

/** Money that is booked in or out by hand. */
export interface ManualBooking {
  readonly holder: Holder;
  readonly amount: number;
  readonly reason: string;
  readonly actor: string;
  /** Undefined: a new one. */
  readonly bookingId: string | undefined;
}

const COLUMNS = 'kind, name, mode, amount, overdraft';

// The balance of everybody is where a person's own begins.
const BEGIN = `SELECT mode, amount, overdraft FROM balance WHERE kind = $1 AND (name = $2 OR kind = 'account' AND name = '') ORDER BY name DESC LIMIT 1`;

const BOOK = `
  WITH begin AS (${BEGIN}),
  booked AS (
    INSERT INTO booking (id, kind, payer_kind, payer, amount, account_id, user_group, actor, reason)
    SELECT $3::uuid, 'manual', $1, $2, $4::bigint, CASE $1 WHEN 'account' THEN $2 ELSE '' END, CASE $1 WHEN 'group' THEN $2 ELSE '' END, $5::text, $6::text FROM begin
    ON CONFLICT (id) DO NOTHING RETURNING id),
  paid AS (
    INSERT INTO balance (${COLUMNS}) SELECT $1, $2, mode, amount + $4::bigint, overdraft FROM begin, booked
    ON CONFLICT (kind, name) DO UPDATE SET amount = balance.amount + $4::bigint RETURNING 1)
  SELECT EXISTS (SELECT 1 FROM begin) AS known, (SELECT count(*) FROM paid) AS paid`;

/** Balances and what was booked. */
export class BalanceStore {
  constructor(
    private readonly pool: Pool,
    private readonly prisma: PrismaClient,
    private readonly changes: ChargingChange,
  ) {}

  /** By name, behind `after`. */
  async list(kind: Holder['kind'], after: string | undefined, limit: number): Promise<Balance[]> {
    return query<Row<Balance>>(
      this.pool, 'balance.list', `SELECT ${COLUMNS} FROM balance WHERE kind = $1 AND ($2::text IS NULL OR name > $2) ORDER BY name LIMIT $3`, [kind, after ?? null, limit],
    );
  }

  /** The holder's own, or the one of everybody that it would begin with. */
  async find({ kind, name }: Holder): Promise<Balance | undefined> {
    const [balance] = await query<Row<Omit<Balance, 'kind' | 'name'>>>(this.pool, 'balance.find', BEGIN, [kind, name]);
    return balance && { kind, name, ...balance };
  }

  async put({ kind, name, mode, overdraft, startAmount }: BalanceSettings): Promise<void> {
    const settings = { mode, overdraft: BigInt(overdraft), ...(name === '' ? { amount: BigInt(startAmount) } : {}) };
    const amount = BigInt((await this.find({ kind, name }))?.amount ?? 0);
    await this.changes.make((transaction) =>
      transaction.balance.upsert({ where: { kind_name: { kind, name } }, create: { kind, name, amount, ...settings }, update: settings }));
  }

  /** The same booking again changes nothing and gives what was booked. `unknown`: no balance is kept; `taken`: the id is another booking's. */
  async book({ holder: { kind, name }, amount, reason, actor, bookingId = randomUUID() }: ManualBooking): Promise<Booking | 'unknown' | 'taken'> {
    const [row] = await query<{ known: boolean }>(this.pool, 'booking.book', BOOK, [kind, name, bookingId, amount, actor, reason]);
    if (!row?.known) return 'unknown';
    const [booking] = await query<Row<Booking>>(this.pool, 'booking.find', `SELECT ${BOOKING_COLUMNS} FROM booking WHERE id = $1`, [bookingId]);
    const isThis = booking && booking.kind === 'manual' && booking.payerKind === kind && booking.payer === name && booking.amount === amount;
    return isThis ? booking : 'taken';
  }

  /** The latest first. `holder` undefined: of all. */
  async bookings(holder: Holder | undefined, after: PagePlace | undefined, limit: number): Promise<Booking[]> {
    const values: unknown[] = [limit];
    const place = (value: unknown): string => `$${values.push(value)}`;
    const conditions = [
      // Also prints that nobody's balance was charged for.
      ...(holder ? [holder.kind === 'account' ? `account_id = ${place(holder.name)}` : `(payer_kind = 'group' AND payer = ${place(holder.name)})`] : []),
      ...(after ? [`(booked_at, id) < (${place(after.at)}::timestamptz, ${place(after.id)}::uuid)`] : []),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const name = `booking.list.${holder?.kind ?? 'all'}${after ? '.after' : ''}`;
    return query<Row<Booking>>(this.pool, name, `SELECT ${BOOKING_COLUMNS} FROM booking ${where} ORDER BY booked_at DESC, id DESC LIMIT $1`, values);
  }

  /** The groups that the person's latest document came with. */
  async latestGroups(accountId: string): Promise<string[]> {
    const job = await this.prisma.job.findFirst({ where: { accountId }, orderBy: [{ createdAt: 'desc' }, { jobId: 'desc' }], select: { ownerGroups: true } });
    return job?.ownerGroups ?? [];
  }
}
