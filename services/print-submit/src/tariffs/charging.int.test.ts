import { join } from 'node:path';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { BalanceService, FilterService, TariffService } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { eventually, type Instance, type MailedDocument, PrintHarness, queueSettings } from '../print-submit.harness.js';

const RIGHTS = ['configuration.read', 'configuration.write', 'jobs.read', 'jobs.manage'] as const;
const PRINTED = 'completed job-completed-successfully';
const HELD = 'pending-held job-hold-until-specified';

let harness: PrintHarness;
let instance: Instance;
let lobby: VirtualPrinter;
let count = 0;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  lobby = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'lobby') });
  for (const [queueId, validation] of [['lobby', true], ['attic', true], ['direct', false]] as const) await instance.queues.createQueue({ settings: queueSettings(queueId, lobby.uri, validation) });
  return async () => {
    await harness.remove();
    await lobby.stop();
  };
});

const tariffs = () => instance.client(TariffService, RIGHTS);
const filters = () => instance.client(FilterService, RIGHTS);
const balances = () => instance.client(BalanceService, RIGHTS);
let owner = '';
const account = () => ({ kind: 'account', name: `account:${owner}` });

beforeEach(() => {
  owner = `ada${(count += 1)}@example.org`;
});
afterEach(async () => {
  for (const { tariffId } of (await tariffs().listTariffs({})).tariffs) await tariffs().deleteTariff({ tariffId });
  for (const { filterId } of (await filters().listFilters({})).filters) await filters().deleteFilter({ filterId });
  for (const { quotaId } of (await balances().listQuotas({})).quotas) await balances().deleteQuota({ quotaId });
  await harness.superuser.query('DELETE FROM print_submit.balance');
});

const tariff = (tariffId: string, more: object) => tariffs().putTariff({ tariff: { tariffId, name: tariffId, ...more } });
const filter = (filterId: string, when: object, action: object) => filters().putFilter({ filter: { filterId, name: `Rule ${filterId}`, enabled: true, when, action } });
const mail = (queueId: string, documents: readonly MailedDocument[], groups: readonly string[] = []) => harness.mail(queueId, { owner, documents, groups });
const state = (jobId: string | undefined) => eventually(() => harness.stateOf(jobId));

async function release(code: string, confirmedJobIds: readonly string[] = []) {
  const { outcome, jobs, notReleased } = await instance.release.release({ code, releasePoint: 'lobby', confirmedJobIds: [...confirmedJobIds] });
  return { outcome, released: jobs.map(({ fileName }) => fileName), notReleased: notReleased.map(({ reason, problem }) => [reason, problem]) };
}

async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined }> {
  const error = ConnectError.from(await call.then(() => new Error('the call was not refused'), (reason: unknown) => reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field };
}

describe('a print', () => {
  it('is priced before its release and charged once it is printed, to whoever pays, and counted with its group', async () => {
    await tariffs().putCharging({ charging: { currency: 'CHF', timeZone: 'Europe/Paris', groupOrder: ['Staff'] } });
    await tariff('all', { perSheet: 20n, perImpression: 50n });
    await tariff('staff', { userGroup: 'Staff', perImpression: 10n });
    await balances().putBalance({ holder: account(), mode: 'refuse' });
    await balances().book({ holder: account(), amount: 1_000n, reason: 'Paid at the desk' });
    const mailed = await mail('lobby', [{ pages: 3 }], ['Board', 'Staff']);
    const code = await harness.codeOf(mailed);
    const { jobs: [waiting] } = await instance.release.listWaiting({ code, releasePoint: 'lobby' });
    expect(waiting).toMatchObject({ price: 30n, currency: 'CHF' });
    await tariff('staff', { userGroup: 'Staff', perImpression: 40n });
    expect((await instance.release.listWaiting({ code, releasePoint: 'lobby' })).jobs[0]).toMatchObject({ price: 120n });
    expect(await release(code)).toMatchObject({ outcome: 'released', notReleased: [] });
    await state(mailed.jobIds[0]).toBe(PRINTED);
    expect((await balances().getBalance({ holder: account() })).balance).toMatchObject({ amount: 880n });
    expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ price: 120n });
    const [fact] = await harness.facts(mailed.messageId, 'print.job-recorded.v1');
    expect(fact?.payload).toMatchObject({ price: '120', userGroup: 'Staff', impressions: 3 });
    expect((await harness.journey(mailed.messageId)).find(({ step }) => step === 'printed')?.evidence).toMatchObject({ price: 120, currency: 'CHF', tariff: 'staff' });
    const { bookings } = await balances().listBookings({ holder: account() });
    expect(bookings.map(({ kind, amount, jobId, tariffId }) => [kind, amount, jobId, tariffId])).toEqual([['print', -120n, mailed.jobIds[0], 'staff'], ['manual', 1_000n, '', '']]);
  });

  it('is given back once, to the balance and to the quota, however often it is asked for', async () => {
    await tariff('all', { perImpression: 100n });
    await balances().putBalance({ holder: account(), mode: 'warn' });
    await balances().putQuota({ quota: { quotaId: 'q', name: 'Pages', scope: 'everyone', unit: 'impressions', period: 'week', amount: 100n, mode: 'warn' } });
    const { jobIds: [jobId = ''], messageId } = await mail('direct', [{ pages: 4 }]);
    await state(jobId).toBe(PRINTED);
    const standing = () => balances().getStanding({ accountId: account().name });
    expect(await standing()).toMatchObject({ balance: { amount: -400n }, quotas: [{ used: 4n, reserved: 0n }] });
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => balances().refund({ jobId, reason: 'Jammed' })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(await standing()).toMatchObject({ balance: { amount: 0n }, quotas: [{ used: 0n }] });
    expect((await harness.journey(messageId)).at(-1)).toMatchObject({ step: 'refunded', evidence: { amount: 400, reason: 'Jammed', actor: 'tester' } });
    expect(await refusal(balances().refund({ jobId, reason: 'Again' }))).toEqual({ code: Code.FailedPrecondition, field: undefined });
  });

  it('is paid by everybody\'s balance where the person has none, and by the group\'s where no person\'s is kept', async () => {
    await tariff('all', { perImpression: 100n });
    await balances().putBalance({ holder: { kind: 'group', name: 'Staff' }, mode: 'warn' });
    const first = await mail('direct', [{}], ['Staff']);
    await state(first.jobIds[0]).toBe(PRINTED);
    expect((await balances().getBalance({ holder: { kind: 'group', name: 'Staff' } })).balance).toMatchObject({ amount: -100n });
    await balances().putBalance({ holder: { kind: 'account', name: '' }, mode: 'refuse', startAmount: 150n });
    const second = await mail('direct', [{}], ['Staff']);
    await state(second.jobIds[0]).toBe(PRINTED);
    expect((await balances().listBalances({ kind: 'account' })).balances.map(({ holder, amount }) => [holder?.name, amount])).toEqual([['', 150n], [account().name, 50n]]);
    const third = await mail('direct', [{}], ['Staff']);
    await state(third.jobIds[0]).toBe('aborted refused-by-balance');
    expect(await harness.isErased(third.jobIds[0])).toBe(true);
    expect(await harness.facts(third.messageId, 'print.job-aborted.v1')).toMatchObject([{ payload: { reason: 'refused-by-balance', statusText: 'The balance does not suffice.' } }]);
  });
});

describe('a limit', () => {
  it('keeps what it does not suffice for, lets go what it does, and tells the journey once', async () => {
    await tariff('all', { perImpression: 10n });
    await balances().putBalance({ holder: account(), mode: 'refuse' });
    await balances().book({ holder: account(), amount: 50n, reason: 'Paid' });
    const mailed = await mail('lobby', [{ fileName: 'four.pdf', pages: 4 }, { fileName: 'two.pdf', pages: 2 }, { fileName: 'one.pdf', pages: 1 }]);
    const code = await harness.codeOf(mailed);
    expect(await release(code)).toEqual({ outcome: 'released', released: ['four.pdf', 'one.pdf'], notReleased: [['balance', 'The balance does not suffice.']] });
    expect(await release(code)).toMatchObject({ outcome: 'nothing-waiting', released: [], notReleased: [['balance', 'The balance does not suffice.']] });
    await state(mailed.jobIds[2]).toBe(PRINTED);
    expect(await harness.stateOf(mailed.jobIds[1])).toBe(HELD);
    expect((await harness.steps(mailed.messageId)).filter((step) => step === 'not-released').length).toBe(1);
    await balances().book({ holder: account(), amount: 20n, reason: 'Paid' });
    expect(await release(code)).toMatchObject({ released: ['two.pdf'] });
    await state(mailed.jobIds[1]).toBe(PRINTED);
    expect((await balances().getBalance({ holder: account() })).balance).toMatchObject({ amount: 0n });
  });

  it('is never exceeded by releases at the same moment', async () => {
    await balances().putQuota({ quota: { quotaId: 'q', name: 'Pages', scope: 'everyone', unit: 'impressions', period: 'day', amount: 3n, mode: 'refuse' } });
    const mails = await Promise.all(Array.from({ length: 5 }, () => mail('lobby', [{}])));
    const code = await harness.codeOf(mails[0] ?? { messageId: '', jobIds: [], sha256: [] });
    for (const { jobIds } of mails) await state(jobIds[0]).toBe(HELD);
    const outcomes = await Promise.all(mails.map(({ jobIds }) => instance.release.release({ code, releasePoint: 'lobby', jobIds: [...jobIds] })));
    expect(outcomes.filter(({ outcome }) => outcome === 'released').length).toBe(3);
    expect(outcomes.flatMap(({ notReleased }) => notReleased.map(({ reason }) => reason))).toEqual(['quota', 'quota']);
  });

  it('that warns lets everything go, and the journey says so', async () => {
    await balances().putQuota({ quota: { quotaId: 'q', name: 'Group', scope: 'group', subject: 'Staff', unit: 'impressions', period: 'month', amount: 1n, mode: 'warn' } });
    const mailed = await mail('lobby', [{ pages: 2 }], ['Staff']);
    expect(await release(await harness.codeOf(mailed))).toMatchObject({ outcome: 'released', notReleased: [] });
    expect((await harness.journey(mailed.messageId)).find(({ step }) => step === 'limit-exceeded')?.evidence).toMatchObject({ reason: 'quota', limit: 'q' });
  });
});

describe('what is left', () => {
  const told = async (messageId: string, subject: string) => (await harness.facts(messageId, subject)).map(({ payload }) => (payload['notices'] as { limits: unknown }[] | undefined)?.flatMap(({ limits }) => limits) ?? []);

  it('goes along with what people are told, by the limits that hold for them; with nothing where none does', async () => {
    const before = await mail('lobby', [{}], ['Students']);
    await harness.codeOf(before);
    expect(await told(before.messageId, 'print.job-held.v1')).toEqual([[]]);
    await balances().putBalance({ holder: account(), mode: 'refuse' });
    await balances().book({ holder: account(), amount: 1_500n, reason: 'Paid' });
    await balances().putQuota({ quota: { quotaId: 'q', name: 'Pages', scope: 'members', subject: 'Students', unit: 'impressions', period: 'month', amount: 10n, mode: 'warn' } });
    const student = await mail('direct', [{ pages: 3 }], ['Students']);
    await state(student.jobIds[0]).toBe(PRINTED);
    const balance = { kind: 'balance', currency: expect.any(String) as string, left: '1500' };
    expect(await told(student.messageId, 'print.job-completed.v1')).toEqual([[balance, { kind: 'quota', name: 'Pages', period: 'month', left: '7', amount: '10' }]]);
    const other = await mail('lobby', [{ pages: 3 }], ['Staff']);
    await harness.codeOf(other);
    expect(await told(other.messageId, 'print.job-held.v1')).toEqual([[balance]]);
  });
});

describe('a filter', () => {
  it('refuses, forces, redirects and asks, each document of a mail for itself, and the journey names the rule', async () => {
    await filter('long', { pagesMin: 100 }, { kind: 'refuse', message: 'No books here.' });
    await filter('grey', { groups: ['Students'], colorMode: 'color' }, { kind: 'force', monochrome: true, duplex: true });
    await filter('away', { titleContains: 'plan' }, { kind: 'redirect', queueId: 'attic' });
    await filter('sure', { pagesMin: 20 }, { kind: 'ask', message: 'Really 20 pages?' });
    const mailed = await mail('lobby', [{ fileName: 'book.pdf', pages: 200 }, { fileName: 'plan.pdf' }, { fileName: 'report.pdf', pages: 20 }], ['Students']);
    const [book = '', plan = '', report = ''] = mailed.jobIds;
    const code = await harness.codeOf(mailed);
    expect(await harness.stateOf(book)).toBe('aborted refused-by-filter');
    await eventually(() => harness.isErased(book)).toBe(true);
    const { jobs } = await instance.release.listWaiting({ code, releasePoint: 'lobby' });
    expect(jobs).toMatchObject([
      { jobId: plan, queueId: 'attic', finishing: { colorMode: 'monochrome', sides: 'two-sided-long-edge' }, forced: ['colorMode', 'sides'], question: '' },
      { jobId: report, queueId: 'lobby', question: 'Really 20 pages?' },
    ]);
    expect((await harness.journey(mailed.messageId)).filter(({ step }) => step === 'filter-applied').map(({ document, evidence: { filterId, action } }) => [document, filterId, action])).toEqual([
      [book, 'long', 'refuse'], [plan, 'grey', 'force'], [plan, 'away', 'redirect'], [report, 'grey', 'force'], [report, 'sure', 'ask'],
    ]);
    expect(await refusal(instance.jobs.changeFinishing({ jobId: plan, change: { colorMode: 'color' } }))).toEqual({ code: Code.InvalidArgument, field: 'colorMode' });
    expect(await release(code)).toEqual({ outcome: 'released', released: ['plan.pdf'], notReleased: [['unconfirmed', 'Really 20 pages?']] });
    expect(await release(code, [report])).toMatchObject({ released: ['report.pdf'] });
    await state(report).toBe(PRINTED);
    await state(plan).toBe(PRINTED);
  });

  it('is looked at again when a document is released: what holds then decides', async () => {
    const mailed = await mail('lobby', [{ fileName: 'late.pdf' }]);
    const code = await harness.codeOf(mailed);
    await filter('closed', {}, { kind: 'refuse', message: 'Closed.' });
    expect(await release(code)).toEqual({ outcome: 'nothing-waiting', released: [], notReleased: [['filter', 'Closed.']] });
    expect(await harness.stateOf(mailed.jobIds[0])).toBe(HELD);
    await filters().deleteFilter({ filterId: 'closed' });
    await filter('away', {}, { kind: 'redirect', queueId: 'attic' });
    expect(await release(code)).toMatchObject({ released: ['late.pdf'] });
    await state(mailed.jobIds[0]).toBe(PRINTED);
    expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ queueId: 'attic' });
  });

  it('that asks holds a document on a queue that prints at once', async () => {
    await filter('sure', { titleContains: 'ask' }, { kind: 'ask', message: '' });
    const mailed = await mail('direct', [{ fileName: 'ask me.pdf' }, { fileName: 'plain.pdf' }]);
    await state(mailed.jobIds[1]).toBe(PRINTED);
    expect(await harness.stateOf(mailed.jobIds[0])).toBe(HELD);
    expect(await release(await harness.codeOf(mailed), mailed.jobIds)).toMatchObject({ released: ['ask me.pdf'] });
    await state(mailed.jobIds[0]).toBe(PRINTED);
  });
});

describe('what administrators set', () => {
  it('is refused where it makes no sense, with the field', async () => {
    expect(await refusal(tariffs().putCharging({ charging: { currency: 'euro', timeZone: 'UTC' } }))).toEqual({ code: Code.InvalidArgument, field: 'currency' });
    expect(await refusal(tariffs().putCharging({ charging: { currency: 'EUR', timeZone: 'Mars' } }))).toEqual({ code: Code.InvalidArgument, field: 'timeZone' });
    await tariff('a', { colorMode: 'color' });
    expect(await refusal(tariff('b', { colorMode: 'color' }))).toEqual({ code: Code.AlreadyExists, field: undefined });
    expect(await refusal(tariff('b', { queueId: 'nowhere' }))).toEqual({ code: Code.InvalidArgument, field: 'queueId' });
    expect(await refusal(filter('f', {}, { kind: 'force' }))).toEqual({ code: Code.InvalidArgument, field: 'action' });
    expect(await refusal(filter('f', { time: { from: '8:00', until: '18:00' } }, { kind: 'refuse' }))).toEqual({ code: Code.InvalidArgument, field: 'when.time.from' });
    expect(await refusal(filter('f', {}, { kind: 'redirect', queueId: 'nowhere' }))).toEqual({ code: Code.InvalidArgument, field: 'action.queueId' });
    expect(await refusal(filters().orderFilters({ filterIds: ['ghost'] }))).toEqual({ code: Code.InvalidArgument, field: 'filterIds' });
    expect(await refusal(balances().putQuota({ quota: { quotaId: 'q', name: 'Q', scope: 'group', unit: 'money', period: 'day', mode: 'warn' } }))).toEqual({ code: Code.InvalidArgument, field: 'subject' });
    expect(await refusal(balances().book({ holder: account(), amount: 5n, reason: 'x' }))).toEqual({ code: Code.NotFound, field: undefined });
    expect(await refusal(balances().book({ holder: account(), amount: 5n, reason: ' ' }))).toEqual({ code: Code.InvalidArgument, field: 'reason' });
    expect(await refusal(instance.client(BalanceService, ['jobs.read']).book({ holder: account(), amount: 5n, reason: 'x' }))).toEqual({ code: Code.PermissionDenied, field: undefined });
  });

  it('books the same payment once, whoever repeats it', async () => {
    await balances().putBalance({ holder: account(), mode: 'warn', overdraft: 10n });
    const bookingId = 'a3dd2a6c-5f2a-4f5e-9d8e-0c1f1d3c9a11';
    const book = (amount: bigint) => balances().book({ holder: account(), amount, reason: 'Paid', bookingId });
    expect((await Promise.all([book(70n), book(70n)])).map(({ booking }) => booking?.amount)).toEqual([70n, 70n]);
    expect((await book(70n)).balance).toMatchObject({ amount: 70n, overdraft: 10n, mode: 'warn' });
    expect(await refusal(book(71n))).toEqual({ code: Code.AlreadyExists, field: undefined });
  });

  it('tries filters and prices without printing, and keeps filters in their order', async () => {
    await filter('first', { groups: ['Staff'] }, { kind: 'force', monochrome: true });
    await filter('second', { time: { weekdays: [7], from: '22:00', until: '06:00' } }, { kind: 'refuse', message: 'At night.' });
    expect((await filters().orderFilters({ filterIds: ['second', 'first'] })).filters.map(({ filterId }) => filterId)).toEqual(['second', 'first']);
    const attempt = (at: string) => filters().tryFilters({ user: owner, groups: ['Staff'], queueId: 'lobby', title: 'x', pages: 1, colorMode: 'color', sides: 'one-sided', at: { seconds: BigInt(Date.parse(at) / 1_000), nanos: 0 } });
    expect(await attempt('2026-11-22T23:00:00Z')).toMatchObject({ outcome: 'refused', message: 'At night.', filterIds: ['second'] });
    expect(await attempt('2026-11-22T12:00:00Z')).toMatchObject({ outcome: 'allowed', colorMode: 'monochrome', filterIds: ['first'] });
    await tariff('two', { sides: 'two-sided', perSheet: 30n });
    expect(await tariffs().previewPrice({ queueId: 'lobby', colorMode: 'color', sides: 'two-sided-long-edge', pages: 3, copies: 2 })).toMatchObject({ price: 120n, tariffId: 'two', sheets: 4, impressions: 6 });
  });
});

describe('what a person has left', () => {
  const begin = async () => {
    await tariff('all', { perImpression: 100n });
    await balances().putBalance({ holder: account(), mode: 'warn' });
    await balances().putQuota({ quota: { quotaId: 'q', name: 'Pages', scope: 'account', subject: account().name, unit: 'impressions', period: 'day', amount: 9n, mode: 'warn' } });
    const { jobIds: [jobId] } = await mail('direct', [{ pages: 2 }]);
    await state(jobId).toBe(PRINTED);
    return jobId ?? '';
  };

  it('is added to what another account has, once a guest turns out to be that person', async () => {
    const guest = account();
    await begin();
    owner = `real-${owner}`;
    await balances().putBalance({ holder: account(), mode: 'warn' });
    await balances().book({ holder: account(), amount: 1_000n, reason: 'Paid' });
    const into = { accountId: account().name, directory: 'AD', address: owner, displayName: 'Ada', language: 'en' };
    await harness.tellOfAccount({ subject: 'account.merged.v1', payload: { accountId: guest.name, into, version: 1 } });
    await eventually(async () => (await balances().getStanding({ accountId: account().name })).balance?.amount).toBe(800n);
    await eventually(async () => (await balances().getStanding({ accountId: account().name })).quotas).toMatchObject([{ quota: { quotaId: 'q' }, used: 2n }]);
    expect((await balances().listBookings({ holder: account() })).bookings.map(({ kind }) => kind)).toEqual(['manual', 'print']);
    expect(await refusal(balances().getBalance({ holder: guest }))).toEqual({ code: Code.NotFound, field: undefined });
  });

  it('goes with the person; bookings stay, with nobody\'s name', async () => {
    const jobId = await begin();
    await filter('named', { users: [owner] }, { kind: 'ask', message: '' });
    await harness.tellOfAccount({ subject: 'account.erased.v1', payload: { accountIds: [account().name], addresses: [owner], returningAccountIds: [], erasureId: '' } });
    await eventually(() => refusal(balances().getBalance({ holder: account() }))).toEqual({ code: Code.NotFound, field: undefined });
    expect((await balances().listQuotas({})).quotas).toEqual([]);
    const { rows } = await harness.superuser.query('SELECT account_id, payer, reason, amount FROM print_submit.booking WHERE job_id = $1', [jobId]);
    expect(rows).toEqual([{ account_id: '', payer: '', reason: '', amount: -200 }]);
    expect((await harness.superuser.query('SELECT 1 FROM print_submit.usage_day WHERE name = $1', [account().name])).rows).toEqual([]);
  });
});
