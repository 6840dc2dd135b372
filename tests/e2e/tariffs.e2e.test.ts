import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { printSubmit } from '@inkpost/print-submit/print-submit.module.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceSet } from './service-set.js';

let site: ServiceSet;

beforeAll(async () => {
  site = await ServiceSet.start([guestAccount, printSubmit, gateway]);
  await site.rest.call('POST', '/api/v0/queues', { queueId: 'lobby', name: 'Lobby', printerUri: 'ipp://127.0.0.1:9/ipp/print' });
});
afterAll(() => site.stop());

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown> {
  const answer = await site.rest.call(method, `/api/v0/${path}`, body);
  return answer.status < 300 ? answer.body : answer.status;
}

describe('an administrator', () => {
  it('sets what prints cost, sees what one would, and is told what makes no sense', async () => {
    const charging = { currency: 'CHF', timeZone: 'Europe/Zurich', groupOrder: ['Students'] };
    expect(await call('PUT', 'charging', charging)).toEqual(charging);
    expect(await call('GET', 'charging')).toEqual(charging);
    expect(await call('POST', 'tariffs', { tariffId: 'all', name: 'Everybody', perImpression: 30 })).toMatchObject({ tariffId: 'all', colorMode: null, queueId: null, perImpression: 30, perJob: 0 });
    expect(await call('POST', 'tariffs', { tariffId: 'all', name: 'Again', perSheet: 1, colorMode: 'color' })).toBe(409);
    expect(await call('PUT', 'tariffs/students', { name: 'Students', userGroup: 'Students', perSheet: 10 })).toMatchObject({ tariffId: 'students', userGroup: 'Students' });
    expect(await call('POST', 'tariffs/preview', { queueId: 'lobby', groups: ['Students'], pages: 10, sides: 'two-sided-long-edge' })).toEqual({ price: 50, currency: 'CHF', tariffId: 'students', userGroup: 'Students', impressions: 10, sheets: 5 });
    expect(await call('DELETE', 'tariffs/students')).not.toBe(404);
    expect(await call('GET', 'tariffs')).toMatchObject({ tariffs: [{ tariffId: 'all' }] });
    expect(await call('PUT', 'charging', { ...charging, timeZone: 'Mars/Base' })).toBe(400);
  });

  it('sets rules in an order, and tries them', async () => {
    expect(await call('POST', 'filters', { filterId: 'grey', name: 'Grey', when: { groups: ['Students'] }, action: { kind: 'force', monochrome: true } })).toMatchObject({ enabled: true, when: { groups: ['Students'], time: null } });
    expect(await call('POST', 'filters', { filterId: 'night', name: 'Night', when: { time: { from: '22:00', until: '06:00' } }, action: { kind: 'refuse', message: 'Closed.' } })).toMatchObject({ when: { time: { weekdays: [], from: '22:00', until: '06:00' } }, action: { kind: 'refuse', message: 'Closed.' } });
    expect(await call('PUT', 'filter-order', { filterIds: ['night', 'grey'] })).toMatchObject({ filters: [{ filterId: 'night' }, { filterId: 'grey' }] });
    const attempt = { queueId: 'lobby', groups: ['Students'], at: '2026-11-22T22:00:00Z' };
    expect(await call('POST', 'filters/try', attempt)).toMatchObject({ outcome: 'refused', message: 'Closed.', filterIds: ['night'] });
    expect(await call('POST', 'filters/try', { ...attempt, at: '2026-11-22T12:00:00Z' })).toMatchObject({ outcome: 'allowed', message: null, colorMode: 'monochrome', filterIds: ['grey'] });
    expect(await call('POST', 'filters', { filterId: 'bad', name: 'Bad', action: { kind: 'force' } })).toBe(400);
  });

  it('gives everybody a balance, books a payment once, and sees what is left', async () => {
    expect(await call('PUT', 'default-balance', { mode: 'refuse', startAmount: 500 })).toMatchObject({ name: '', amount: 500, mode: 'refuse' });
    const payment = { amount: 2_000, reason: 'Paid at the desk', bookingId: '0c9f5cc2-6f0e-4f43-9a53-5f1f6c2f7c11' };
    for (let times = 0; times < 2; times += 1) expect(await call('POST', 'balances/account/ada/bookings', payment)).toMatchObject({ booking: { kind: 'manual', amount: 2_000 }, balance: { amount: 2_500 } });
    expect(await call('POST', 'quotas', { quotaId: 'q', name: 'Pages', scope: 'everyone', unit: 'impressions', period: 'week', amount: 100, mode: 'warn' })).toMatchObject({ quotaId: 'q', subject: null });
    expect(await call('GET', 'standings/ada')).toEqual({
      currency: 'CHF', userGroup: null, balance: { kind: 'account', name: 'ada', mode: 'refuse', amount: 2_500, overdraft: 0 }, reserved: 0,
      quotas: [{ quotaId: 'q', name: 'Pages', scope: 'everyone', subject: null, unit: 'impressions', period: 'week', amount: 100, mode: 'warn', used: 0, reserved: 0 }],
    });
    expect(await call('GET', 'bookings?name=ada')).toMatchObject({ bookings: [{ bookingId: payment.bookingId, reason: 'Paid at the desk', jobId: null }], nextCursor: null });
    expect(await call('GET', 'balances/group/Nobody')).toBe(404);
    expect(await call('POST', `jobs/${payment.bookingId}/refund`, { reason: 'Jam' })).toBe(404);
  });
});
