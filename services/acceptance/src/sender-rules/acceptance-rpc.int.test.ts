import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AcceptanceHarness } from '../acceptance.harness.js';
import { CurrentConditions } from './current-conditions.js';

type Started = Awaited<ReturnType<AcceptanceHarness['startService']>>;

let harness: AcceptanceHarness;
let here: Started;
let replica: Started;

beforeAll(async () => {
  harness = await AcceptanceHarness.start();
  [here, replica] = [await harness.startService(), await harness.startService()];
});

afterAll(() => harness.stop());

const writer = () => here.client('configuration.read', 'configuration.write');
const accepts = async (started: Started, address: string, mailboxId = '') => (await started.client('configuration.read').testAddress({ address, mailboxId })).accepted;

async function fieldOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = ConnectError.from(await call.then(() => new Error('nothing was refused'), (cause: unknown) => cause));
  return error.code === Code.InvalidArgument ? error.findDetails(FieldProblemSchema)[0]?.field : error.message;
}

describe('the acceptance conditions', () => {
  it('accept nobody and create nobody at first', async () => {
    const reader = here.client('configuration.read');
    expect(await reader.getConditions({})).toMatchObject({ usesDefault: false, conditions: { acceptedDomains: [], acceptedAddresses: [], refusedDomains: [], refusedAddresses: [], unknownSender: 'refuse', sponsors: [] } });
    expect(await reader.testAddress({ address: 'a@example.org' })).toMatchObject({ accepted: false, rule: '', decidedBy: 'general', statusText: 'The job was submitted with a forbidden e-mail address: a@example.org' });
  });

  it('are kept in canonical form, hold at once here and within two seconds in another replica', async () => {
    expect(await accepts(replica, 'a@xn--bro-hoa.example')).toBe(false);
    const saved = await writer().putConditions({ conditions: { acceptedDomains: ['Büro.example; @BÜRO.example;'], refusedAddresses: ['B@büro.example'], unknownSender: 'create' } });
    expect(saved.conditions).toMatchObject({ acceptedDomains: ['xn--bro-hoa.example'], refusedAddresses: ['b@xn--bro-hoa.example'], unknownSender: 'create' });
    expect(await here.client('configuration.read').testAddress({ address: 'A@Büro.example' })).toMatchObject({ accepted: true, rule: 'accepted domain xn--bro-hoa.example', unknownSender: 'create', statusText: '' });
    await expect.poll(() => accepts(replica, 'a@büro.example'), { timeout: 2_000 }).toBe(true);
    expect(await here.client('configuration.read').testAddress({ address: 'b@büro.example' })).toMatchObject({ accepted: false, rule: 'refused address b@xn--bro-hoa.example' });
  });

  it('of a mailbox follow the general ones until it has its own, and again when told (EDG-12)', async () => {
    const mailboxId = randomUUID();
    await writer().putConditions({ conditions: { acceptedDomains: ['general.example'] } });
    expect(await writer().getConditions({ mailboxId })).toMatchObject({ usesDefault: true, conditions: { acceptedDomains: ['general.example'] } });
    expect(await accepts(here, 'a@general.example', mailboxId)).toBe(true);
    expect(await writer().putConditions({ mailboxId, conditions: { acceptedDomains: ['own.example'] } })).toMatchObject({ usesDefault: false, conditions: { acceptedDomains: ['own.example'] } });
    await writer().putConditions({ conditions: { acceptedDomains: ['changed.example'] } });
    expect([await accepts(here, 'a@own.example', mailboxId), await accepts(here, 'a@changed.example', mailboxId), await accepts(here, 'a@own.example')]).toEqual([true, false, false]);
    const own = { acceptedDomains: ['own.example'] };
    // Frozen while it follows: what is sent along is not looked at (SKY-090).
    expect(await writer().putConditions({ mailboxId, useDefault: true, conditions: { acceptedDomains: ['frozen.example'] } })).toMatchObject({ usesDefault: true, conditions: { acceptedDomains: ['changed.example'] }, own });
    expect(await accepts(here, 'a@changed.example', mailboxId)).toBe(true);
    await expect.poll(() => accepts(replica, 'a@changed.example', mailboxId), { timeout: 2_000 }).toBe(true);
    await writer().putConditions({ conditions: { acceptedDomains: ['again.example'] } });
    expect(await writer().getConditions({ mailboxId })).toMatchObject({ usesDefault: true, conditions: { acceptedDomains: ['again.example'] }, own });
    expect([await accepts(here, 'a@again.example', mailboxId), await accepts(here, 'a@own.example', mailboxId)]).toEqual([true, false]);
    expect(await writer().putConditions({ mailboxId })).toMatchObject({ usesDefault: false, conditions: own, own });
    expect([await accepts(here, 'a@own.example', mailboxId), await accepts(here, 'a@again.example', mailboxId)]).toEqual([true, false]);
    await expect.poll(() => accepts(replica, 'a@own.example', mailboxId), { timeout: 2_000 }).toBe(true);
  });

  it('of a mailbox that stops following and never had its own are a copy of the general ones', async () => {
    const [mailboxId, before] = [randomUUID(), { acceptedDomains: ['before.example'], refusedAddresses: ['a@before.example'], unknownSender: 'create' }];
    await writer().putConditions({ conditions: before });
    await writer().putConditions({ mailboxId, useDefault: true });
    expect((await writer().getConditions({ mailboxId })).own).toBeUndefined();
    expect(await writer().putConditions({ mailboxId })).toMatchObject({ usesDefault: false, conditions: before, own: before });
    await writer().putConditions({ conditions: { acceptedDomains: ['after.example'] } });
    expect(await writer().getConditions({ mailboxId })).toMatchObject({ usesDefault: false, conditions: before });
    expect(await accepts(here, 'b@before.example', mailboxId)).toBe(true);
  });

  it('of a deleted mailbox are forgotten', async () => {
    const mailboxId = randomUUID();
    await writer().putConditions({ mailboxId, conditions: { acceptedDomains: ['own.example'] } });
    await harness.publish(randomUUID(), { subject: 'mailbox.deleted.v1', payload: { mailboxId } });
    await expect.poll(async () => (await writer().getConditions({ mailboxId })).usesDefault).toBe(true);
    await expect.poll(() => accepts(here, 'a@own.example', mailboxId)).toBe(false);
  });

  it('can be tried before they are saved (SKY-073)', async () => {
    const draft = { acceptedDomains: ['draft.example'], refusedAddresses: ['b@draft.example'] };
    const reader = here.client('configuration.read');
    expect(await reader.testAddress({ address: 'a@draft.example', draft })).toMatchObject({
      accepted: true, rule: 'accepted domain draft.example', decidedBy: 'draft', report: expect.arrayContaining(['Is it an accepted domain? Yes: draft.example.', 'The sender is accepted.']) as string[],
    });
    expect(await reader.testAddress({ address: 'b@draft.example', draft })).toMatchObject({ accepted: false, rule: 'refused address b@draft.example' });
    expect(await accepts(here, 'a@draft.example')).toBe(false);
  });

  it('are refused with the name of the field that is wrong, and nothing changes', async () => {
    const before = await writer().getConditions({});
    const mailboxId = randomUUID();
    expect(await fieldOf(writer().putConditions({ conditions: { acceptedDomains: ['a b'] } }))).toBe('acceptedDomains');
    expect(await fieldOf(writer().putConditions({ conditions: { refusedAddresses: ['a;b@example.org'] } }))).toBe('refusedAddresses');
    expect((await writer().getConditions({ mailboxId })).own).toBeUndefined();
    expect(await fieldOf(writer().putConditions({ mailboxId: "'; DROP TABLE conditions", conditions: {} }))).toBe('mailboxId');
    expect(await fieldOf(writer().putConditions({}))).toBe('conditions');
    expect(await fieldOf(writer().putConditions({ useDefault: true }))).toBe('useDefault');
    expect(await fieldOf(writer().testAddress({ address: 'not an address' }))).toBe('address');
    expect(await writer().getConditions({})).toEqual(before);
  });

  it('need the rights to read and to write them', async () => {
    await expect(here.client('configuration.read').putConditions({ conditions: {} })).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(here.client('configuration.write').getConditions({})).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(here.client('jobs.read').testAddress({ address: 'a@example.org' })).rejects.toMatchObject({ code: Code.PermissionDenied });
  });
});

describe('the copy of the conditions in memory', () => {
  it('asks once for all who come together, not again for a second, and at once after a change here', async () => {
    let [nowMs, questions] = [10_000, 0];
    harness.ownPool.on('acquire', () => {
      questions += 1;
    });
    const current = new CurrentConditions(harness.ownPool, () => nowMs);
    await Promise.all(Array.from({ length: 20 }, () => current.rulesFor('')));
    nowMs += 999;
    await current.rulesFor('');
    expect(questions).toBe(1);
    nowMs += 1;
    await current.rulesFor('');
    expect(questions).toBe(2);
    current.expire();
    await current.rulesFor('');
    expect(questions).toBe(3);
  });
});
