import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  BalanceService, BookRequest, DeleteQuotaRequest, GetBalanceRequest, GetStandingRequest, ListBalancesRequest, ListBookingsRequest, ListQuotasRequest, PutBalanceRequest, PutQuotaRequest, RefundRequest,
} from '@inkpost/contracts/admin/v1/charging_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { chargingLimits } from '../limits.js';
import type { JobStore } from '../manage-jobs/job.store.js';
import { checkJobId } from '../print-job/job-id.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import { chargedGroup } from '../tariffs/price-print.js';
import type { BalanceStore } from './balance.store.js';
import { checkHolder, checkKind, toWireBalance, toWireBooking, toWireQuota, toWireStanding } from './balance-wire.js';
import { checkQuota, LIMIT_MODES } from './quota.js';
import type { QuotaStore } from './quota.store.js';
import type { RefundStore } from './refund.store.js';
import type { Standings } from './standings.js';

interface BalanceRpcParts {
  readonly balances: BalanceStore;
  readonly quotas: QuotaStore;
  readonly refunds: RefundStore;
  readonly standings: Standings;
  readonly jobs: JobStore;
  readonly known: KnownCharging;
}

/** What people and groups may spend and print. */
export class BalanceRpc implements ServiceImpl<typeof BalanceService> {
  constructor(private readonly parts: BalanceRpcParts) {}

  listBalances = async ({ kind, limit: wanted, cursor }: ListBalancesRequest, context: HandlerContext) => {
    authorize(context, 'jobs.read');
    const limit = checkedLimit(wanted);
    const found = await this.parts.balances.list(checkKind(kind), cursor === '' ? undefined : Buffer.from(cursor, 'base64url').toString(), limit + 1);
    const balances = found.slice(0, limit);
    const last = balances.at(-1);
    return { balances: balances.map(toWireBalance), nextCursor: last && found.length > limit ? Buffer.from(last.name).toString('base64url') : '' };
  };

  getBalance = async ({ holder: wire }: GetBalanceRequest, context: HandlerContext) => {
    authorize(context, 'jobs.read');
    const holder = checkHolder(wire);
    const balance = await this.parts.balances.find(holder);
    if (!balance) throw notFound('balance', holder.name);
    return { balance: toWireBalance(balance) };
  };

  putBalance = async (request: PutBalanceRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    const holder = checkHolder(request.holder);
    const mode = LIMIT_MODES.find((each) => each === request.mode);
    if (!mode) throw invalidField('mode', `must be of ${LIMIT_MODES.join(', ')}`);
    const [overdraft, startAmount] = [checkedAmount('overdraft', request.overdraft), checkedAmount('startAmount', request.startAmount)];
    if (overdraft < 0) throw invalidField('overdraft', 'must not be negative');
    if (startAmount !== 0 && holder.name !== '') throw invalidField('startAmount', 'is only for the balance of everybody: book the amount instead');
    await this.parts.balances.put({ ...holder, mode, overdraft, startAmount });
    const balance = await this.parts.balances.find(holder);
    return balance ? { balance: toWireBalance(balance) } : {};
  };

  book = async (request: BookRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    const holder = checkHolder(request.holder);
    if (holder.name === '') throw invalidField('name', 'is missing: whose account?');
    const amount = checkedAmount('amount', request.amount);
    if (amount === 0) throw invalidField('amount', 'must not be 0');
    const { bookingId } = request;
    if (bookingId !== '') checkJobId('bookingId', bookingId);
    const booking = await this.parts.balances.book({ holder, amount, reason: checkedReason(request.reason), actor, bookingId: bookingId || undefined });
    if (booking === 'unknown') throw notFound('balance', holder.name);
    if (booking === 'taken') throw new ConnectError('There is another booking with this bookingId.', Code.AlreadyExists);
    const balance = await this.parts.balances.find(holder);
    return { booking: toWireBooking(booking), ...(balance ? { balance: toWireBalance(balance) } : {}) };
  };

  listBookings = async ({ holder, limit: wanted, cursor }: ListBookingsRequest, context: HandlerContext) => {
    authorize(context, 'jobs.read');
    const limit = checkedLimit(wanted);
    const after = cursor === '' ? undefined : fromCursor(cursor);
    if (cursor !== '' && !after) throw invalidField('cursor', 'must be the nextCursor of an earlier answer');
    const found = await this.parts.balances.bookings(holder ? checkHolder(holder) : undefined, after, limit + 1);
    const bookings = found.slice(0, limit);
    const last = bookings.at(-1);
    return { bookings: bookings.map(toWireBooking), nextCursor: last && found.length > limit ? toCursor({ at: last.bookedAt, id: last.bookingId }) : '' };
  };

  refund = async ({ jobId, reason }: RefundRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    checkJobId('jobId', jobId);
    const job = await this.parts.jobs.find(jobId);
    if (!job) throw notFound('job', jobId);
    const booking = await this.parts.refunds.refund(job, await this.parts.known.current(), actor, checkedReason(reason));
    if (booking === 'not-booked') throw new PermanentFailure('print.not-charged', 'The job was not printed, so that nothing can be given back.');
    if (booking === 'refunded') throw new PermanentFailure('print.refunded-before', 'What the job cost was given back already.');
    return { booking: toWireBooking(booking) };
  };

  listQuotas = async (_request: ListQuotasRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return { quotas: (await this.parts.quotas.list()).map(toWireQuota) };
  };

  putQuota = async ({ quota: wire, create }: PutQuotaRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (!wire) throw invalidField('quota', 'is missing');
    const { quotaId, name, scope, subject, unit, period, amount, mode } = wire;
    const quota = checkQuota({ quotaId, name, scope, subject, unit, period, amount: Number(amount), mode });
    if ('field' in quota) throw invalidField(quota.field, quota.reason);
    const stored = await this.parts.quotas.put(quota, create);
    if (stored === 'taken') throw new ConnectError(`There is a quota "${quotaId}" already.`, Code.AlreadyExists);
    if (stored === 'too-many') throw new PermanentFailure('print.quotas-max', `There are ${chargingLimits.quotasMax} quotas, which is the limit: remove some first.`);
    return { quota: toWireQuota(quota) };
  };

  deleteQuota = async ({ quotaId }: DeleteQuotaRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (!(await this.parts.quotas.delete(quotaId))) throw notFound('quota', quotaId);
    return {};
  };

  /** Needs no right: the gateway asks for whoever proved at a release point who they are, and for administrators who may see jobs. */
  getStanding = async ({ accountId, groups: given }: GetStandingRequest, context: HandlerContext) => {
    callerOf(context);
    if (accountId === '') throw invalidField('accountId', 'is missing');
    const charging = await this.parts.known.current();
    const groups = given.length > 0 ? given : await this.parts.balances.latestGroups(accountId);
    const { payer, reserved, quotas } = await this.parts.standings.of({ accountId, groups }, charging);
    return {
      currency: charging.currency, userGroup: chargedGroup(groups, charging.groupOrder), reserved: BigInt(reserved), quotas: quotas.map(toWireStanding),
      ...(payer ? { balance: toWireBalance(payer) } : {}),
    };
  };
}

function checkedLimit(wanted: number): number {
  if (wanted > chargingLimits.listedMax) throw invalidField('limit', `must be at most ${chargingLimits.listedMax}`);
  return wanted === 0 ? chargingLimits.listedDefault : wanted;
}

function checkedAmount(field: string, amount: bigint): number {
  const limit = BigInt(chargingLimits.amountMax);
  if (amount > limit || amount < -limit) throw invalidField(field, `must be from -${limit} to ${limit}`);
  return Number(amount);
}

function checkedReason(given: string): string {
  const reason = given.trim();
  if (reason === '') throw invalidField('reason', 'is missing: say why, for whoever reads the bookings');
  if (reason.length > chargingLimits.reasonLengthMax) throw invalidField('reason', `must have at most ${chargingLimits.reasonLengthMax} characters`);
  return reason;
}
