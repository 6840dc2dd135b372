import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { ReleaseProfileService } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, type Instance, type Mailed, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  const printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  const group = { groupId: 'floor', name: 'Floor', validation: true, administrators: ['admin@example.org'], support: ['help@example.org'], eventsOn: ['printed'], eventsOff: ['expiring'] };
  await instance.client(QueueGroupService, RIGHTS).createQueueGroup({ settings: group });
  await instance.queues.createQueue({ settings: { ...queueSettings('lobby', printer.uri), groupId: 'floor' } });
  await instance.queues.createQueue({ settings: queueSettings('codes-only', printer.uri) });
  return async () => {
    await harness.remove();
    await printer.stop();
  };
});

const addressOf = (name: string) => `${name}-${randomUUID().slice(0, 8)}@example.org`;
const ask = (address: string, source = '192.0.2.1') => instance.release.requestCode({ address, source });
const opened = async (code: string) => (await instance.release.listWaiting({ code, releasePoint: randomUUID() })).jobs.map(({ jobId }) => jobId);
const held = async (owner: string, more: object = {}): Promise<Mailed> => {
  const mailed = await harness.mail('lobby', { owner, ...more });
  await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('pending-held job-hold-until-specified');
  return mailed;
};
const requested = (mailed: Mailed) => harness.facts(mailed.messageId, 'print.code-requested.v1');

describe('a new code', () => {
  it('goes to the owner, opens all that waits, and leaves the first one good', async () => {
    const owner = addressOf('ada');
    const [first, second] = [await held(owner), await held(owner, { documents: [{}, {}] })];
    await ask(` ${owner.toUpperCase()} `);
    const code = await harness.codeOf(first, 'print.code-requested.v1');
    expect(await opened(code)).toEqual([...first.jobIds, ...second.jobIds]);
    expect(await opened(await harness.codeOf(first))).toEqual([...first.jobIds, ...second.jobIds]);
    const [fact] = await requested(first);
    expect(fact?.payload).toMatchObject({
      queueName: 'Queue lobby', owner: { address: owner }, jobs: [{ jobId: first.jobIds[0] }, {}, {}],
      notices: [{ administrators: ['admin@example.org'], support: ['help@example.org'], eventsOn: ['printed'], eventsOff: ['expiring'] }],
    });
    expect(await harness.steps(first.messageId)).toContain('code-requested');
    expect(JSON.stringify(await harness.journey(first.messageId))).not.toContain(code);
  });

  it('is made for nobody where nothing waits, and the answer is the same', async () => {
    const waiting = await held(addressOf('bob'));
    const answers = [await ask(addressOf('nobody'), '192.0.2.2'), await ask('no address', '192.0.2.3'), await ask('', '192.0.2.4')];
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const released = await harness.codeOf(waiting);
    await instance.release.release({ code: released, releasePoint: 'lobby', jobIds: [] });
    await eventually(() => harness.stateOf(waiting.jobIds[0])).toMatch(/^completed/u);
    expect(await requested(waiting)).toEqual([]);
  });

  it('is mailed three times at most to one address, and no network asks for many', async () => {
    const mailed = await held(addressOf('flood'));
    const owner = (await harness.superuser.query<{ address: string }>('SELECT owner_address AS address FROM print_submit.job WHERE id = $1', [mailed.jobIds[0]])).rows[0]?.address ?? '';
    await Promise.all(Array.from({ length: 6 }, (_, index) => ask(owner, `198.51.100.${index}`)));
    await eventually(async () => (await requested(mailed)).length).toBe(3);
    await harness.superuser.query("UPDATE print_submit.code_request SET empty_until = now() + interval '1 hour' WHERE subject = 'source 203.0.113.9'");
    await Promise.all(Array.from({ length: 22 }, () => ask(addressOf('x'), '203.0.113.9')));
    // The answer waits for nothing: what was asked may still be under way.
    await eventually(async () => (await harness.superuser.query("SELECT empty_until > now() AS locked FROM print_submit.code_request WHERE subject = 'source 203.0.113.9'")).rows).toEqual([{ locked: true }]);
    const other = await held(addressOf('other'));
    const address = (await harness.superuser.query<{ address: string }>('SELECT owner_address AS address FROM print_submit.job WHERE id = $1', [other.jobIds[0]])).rows[0]?.address ?? '';
    await ask(address, '203.0.113.9');
    await ask(address, '203.0.113.10');
    await eventually(async () => (await requested(other)).length).toBe(1);
  });
});

describe('who has a PIN', () => {
  it('is told to use it, and gets no code unless one is asked for', async () => {
    const owner = addressOf('pin');
    const mailed = await held(owner, { ownerHasPin: true });
    const [fact] = await harness.facts(mailed.messageId, 'print.job-held.v1');
    expect(fact?.payload).toMatchObject({ byPin: true, jobs: [{}] });
    expect(fact?.payload).not.toHaveProperty('sealedPuk');
    expect((await harness.superuser.query('SELECT 1 FROM print_submit.puk WHERE account_id = $1', [`account:${owner}`])).rowCount).toBe(0);
    await ask(owner, '192.0.2.20');
    expect(await opened(await harness.codeOf(mailed, 'print.code-requested.v1'))).toEqual(mailed.jobIds);
  });

  it('gets a code where a PIN releases nothing', async () => {
    await instance.client(ReleaseProfileService, RIGHTS).createReleaseProfile({ settings: { profileId: 'codes', name: 'Codes', means: ['puk'], queueIds: ['codes-only'] } });
    const mailed = await harness.mail('codes-only', { owner: addressOf('both'), ownerHasPin: true });
    expect(await opened(await harness.codeOf(mailed))).toEqual(mailed.jobIds);
  });
});
