import { z } from 'zod';
import type { Balance, Booking, Quota } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { CHARGING, TEXT } from '../limits.js';

const kind = z.enum(['account', 'group']);
const name = z.string().min(1).max(CHARGING.groupName).describe('Account id or name of the group.');
const mode = z.enum(['off', 'warn', 'refuse']).describe('refuse: nothing is released that it does not suffice for; warn: the journey says so.');
const money = z.int().min(-CHARGING.amountMax).max(CHARGING.amountMax).describe('Thousandths of the currency.');

const balance = z.object({ kind: z.string(), name: z.string(), mode: z.string(), amount: z.int(), overdraft: z.int().describe('So far below zero it may go.') }).meta({ id: 'Balance' });
const booking = z.object({
  bookingId: z.string(), kind: z.string().describe('print, refund or manual.'), payer: z.object({ kind: z.string(), name: z.string() }).nullable().describe('Null: nobody\'s balance was changed.'),
  amount: z.int().describe('Negative: charged.'), jobId: z.string().nullable(), accountId: z.string().nullable(), userGroup: z.string().nullable(), impressions: z.int(), sheets: z.int(),
  tariffId: z.string().nullable(), actor: z.string().nullable(), reason: z.string().nullable(), bookedAt: instant.nullable(),
}).meta({ id: 'Booking' });

const quotaSettings = {
  name: z.string().trim().min(1).max(TEXT.queueName),
  scope: z.enum(['everyone', 'members', 'group', 'account']).describe('everyone: each person; members: each person of the group; group: its people together; account: one person.'),
  subject: z.string().max(CHARGING.groupName).default('').describe('Group or account id; empty for everyone.'),
  unit: z.enum(['impressions', 'money']),
  period: z.enum(['day', 'week', 'month']).describe('Weeks begin on Monday.'),
  amount: z.int().min(0).max(CHARGING.amountMax),
  mode,
};
const newQuota = z.strictObject({ quotaId: identifier.describe('Chosen once: letters, digits, - and _.'), ...quotaSettings }).meta({ id: 'NewQuota' });
const quotaUpdate = z.strictObject(quotaSettings).meta({ id: 'QuotaUpdate' });
const quotaShown = { quotaId: z.string(), name: z.string(), scope: z.string(), subject: z.string().nullable(), unit: z.string(), period: z.string(), amount: z.int(), mode: z.string() };
const quota = z.object(quotaShown).meta({ id: 'Quota' });

const standing = z.object({
  currency: z.string(), userGroup: z.string().nullable().describe('As a member of which group the person is charged.'), balance: balance.nullable().describe('Whichever pays; null: none is kept.'),
  reserved: z.int().describe('Of what was released and is not printed yet.'), quotas: z.array(z.object({ ...quotaShown, used: z.int(), reserved: z.int() })),
}).meta({ id: 'Standing' });

function toBalance(wire: Balance | undefined): z.input<typeof balance> {
  const { holder, mode: set, amount, overdraft } = present(wire, 'balance');
  return { kind: present(holder, 'holder').kind, name: present(holder, 'holder').name, mode: set, amount: Number(amount), overdraft: Number(overdraft) };
}

function toBooking(wire: Booking | undefined): z.input<typeof booking> {
  const { bookingId, kind: what, payer, amount, jobId, accountId, userGroup, impressions, sheets, tariffId, actor, reason, bookedAt } = present(wire, 'booking');
  return {
    bookingId, kind: what, payer: payer ? { kind: payer.kind, name: payer.name } : null, amount: Number(amount), jobId: orNull(jobId), accountId: orNull(accountId), userGroup: orNull(userGroup),
    impressions, sheets, tariffId: orNull(tariffId), actor: orNull(actor), reason: orNull(reason), bookedAt: toInstant(bookedAt),
  };
}

function toQuota(wire: Quota | undefined): z.input<typeof quota> {
  const { quotaId, name: called, scope, subject, unit, period, amount, mode: set } = present(wire, 'quota');
  return { quotaId, name: called, scope, subject: orNull(subject), unit, period, amount: Number(amount), mode: set };
}

const holder = z.strictObject({ kind, name });
const objectId = ({ params }: { params: { kind: string; name: string } }) => `${params.kind} ${params.name}`;

/** What people and groups may spend; print-submit owns it. */
export function balanceRoutes({ balances }: Pick<Owners, 'balances'>) {
  return [
    route({
      method: 'GET', path: '/api/v0/balances', operation: 'listBalances', right: 'jobs.read', summary: 'Balances of people or of groups, by name',
      query: z.strictObject({ kind: kind.default('account'), limit: pageLimit, cursor }), status: 200, answer: z.object({ balances: z.array(balance), nextCursor }),
      handle: async ({ query, caller }) => {
        const page = await balances.listBalances(query, as(caller));
        return { balances: page.balances.map(toBalance), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'PUT', path: '/api/v0/default-balance', operation: 'putDefaultBalance', right: 'configuration.write', summary: 'The balance of everybody who has none of their own',
      body: z.strictObject({ mode, overdraft: z.int().min(0).max(CHARGING.amountMax).default(0), startAmount: money.default(0).describe('What each begins with.') }), status: 200, answer: balance, objectId: () => '',
      handle: async ({ body, caller }) => toBalance((await balances.putBalance({ holder: { kind: 'account', name: '' }, mode: body.mode, overdraft: BigInt(body.overdraft), startAmount: BigInt(body.startAmount) }, as(caller))).balance),
    }),
    route({
      method: 'GET', path: '/api/v0/balances/{kind}/{name}', operation: 'getBalance', right: 'jobs.read', summary: 'One balance', params: holder, status: 200, answer: balance, refusals: [404],
      handle: async ({ params, caller }) => toBalance((await balances.getBalance({ holder: params }, as(caller))).balance),
    }),
    route({
      method: 'PUT', path: '/api/v0/balances/{kind}/{name}', operation: 'putBalance', right: 'configuration.write', summary: 'Whether a balance is kept, and what happens at its end', params: holder, objectId,
      body: z.strictObject({ mode, overdraft: z.int().min(0).max(CHARGING.amountMax).default(0) }), status: 200, answer: balance,
      handle: async ({ params, body, caller }) => toBalance((await balances.putBalance({ holder: params, mode: body.mode, overdraft: BigInt(body.overdraft) }, as(caller))).balance),
    }),
    route({
      method: 'POST', path: '/api/v0/balances/{kind}/{name}/bookings', operation: 'book', right: 'jobs.manage', summary: 'Book money in or out', params: holder, objectId,
      body: z.strictObject({ amount: money, reason: z.string().trim().min(1).max(CHARGING.message), bookingId: z.uuid().optional().describe('Your own: the same booking again changes nothing.') }),
      status: 200, answer: z.object({ booking, balance }), refusals: [404, 409],
      handle: async ({ params, body: { amount, reason, bookingId }, caller }) => {
        const booked = await balances.book({ holder: params, amount: BigInt(amount), reason, bookingId: bookingId ?? '' }, as(caller));
        return { booking: toBooking(booked.booking), balance: toBalance(booked.balance) };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/bookings', operation: 'listBookings', right: 'jobs.read', summary: 'What was charged, given back and paid in, the latest first',
      query: z.strictObject({ kind: kind.optional(), name: name.optional(), limit: pageLimit, cursor }), status: 200, answer: z.object({ bookings: z.array(booking), nextCursor }),
      handle: async ({ query: { kind: of, name: called, limit, cursor: after }, caller }) => {
        const page = await balances.listBookings({ limit, cursor: after, ...(called === undefined ? {} : { holder: { kind: of ?? 'account', name: called } }) }, as(caller));
        return { bookings: page.bookings.map(toBooking), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/jobs/{jobId}/refund', operation: 'refundJob', right: 'jobs.manage', summary: 'Give back what a printed job cost, once', params: z.strictObject({ jobId: identifier }),
      body: z.strictObject({ reason: z.string().trim().min(1).max(CHARGING.message) }), status: 200, answer: booking, refusals: [404, 409],
      handle: async ({ params, body, caller }) => toBooking((await balances.refund({ ...params, ...body }, as(caller))).booking),
    }),
    route({
      method: 'GET', path: '/api/v0/standings/{accountId}', operation: 'getStanding', right: 'jobs.read', summary: 'What a person has left of balance and quotas',
      params: z.strictObject({ accountId: name }), status: 200, answer: standing,
      handle: async ({ params, caller }) => {
        const { currency, userGroup, balance: payer, reserved, quotas } = await balances.getStanding(params, as(caller));
        return {
          currency, userGroup: orNull(userGroup), balance: payer ? toBalance(payer) : null, reserved: Number(reserved),
          quotas: quotas.map((each) => ({ ...toQuota(each.quota), used: Number(each.used), reserved: Number(each.reserved) })),
        };
      },
    }),
    ...quotaRoutes(balances),
  ];
}

const params = z.strictObject({ quotaId: identifier });

function quotaRoutes(balances: Owners['balances']) {
  return [
    route({
      method: 'GET', path: '/api/v0/quotas', operation: 'listQuotas', right: 'configuration.read', summary: 'All quotas', status: 200, answer: z.object({ quotas: z.array(quota) }),
      handle: async ({ caller }) => ({ quotas: (await balances.listQuotas({}, as(caller))).quotas.map(toQuota) }),
    }),
    route({
      method: 'POST', path: '/api/v0/quotas', operation: 'createQuota', right: 'configuration.write', summary: 'Add a quota',
      body: newQuota, status: 201, answer: quota, refusals: [409], location: ({ quotaId }) => `/api/v0/quotas/${encodeURIComponent(quotaId)}`, objectId: ({ body }) => body.quotaId,
      handle: async ({ body, caller }) => toQuota((await balances.putQuota({ quota: { ...body, amount: BigInt(body.amount) }, create: true }, as(caller))).quota),
    }),
    route({
      method: 'PUT', path: '/api/v0/quotas/{quotaId}', operation: 'putQuota', right: 'configuration.write', summary: 'Set a quota, or add it',
      params, body: quotaUpdate, status: 200, answer: quota,
      handle: async ({ params: { quotaId }, body, caller }) => toQuota((await balances.putQuota({ quota: { quotaId, ...body, amount: BigInt(body.amount) } }, as(caller))).quota),
    }),
    route({
      method: 'DELETE', path: '/api/v0/quotas/{quotaId}', operation: 'deleteQuota', right: 'configuration.write', summary: 'Remove a quota', params, status: 204, refusals: [404],
      handle: async ({ params: which, caller }) => {
        await balances.deleteQuota(which, as(caller));
      },
    }),
  ];
}
