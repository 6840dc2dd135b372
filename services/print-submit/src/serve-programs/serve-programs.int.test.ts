import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { LocationService } from '@inkpost/contracts/admin/v1/locations_pb.js';
import { PrintApiService } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';

const BY = { submitter: 'tester', options: {} };

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;
let programs: Client<typeof PrintApiService>;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  programs = instance.client(PrintApiService, ['print-on-behalf']);
  const locations = instance.client(LocationService, ['configuration.read', 'configuration.write']);
  const place = async (name: string, parentId = '') => (await locations.createLocation({ parentId, name })).location?.locationId ?? '';
  const france = await place('France');
  const [lyon, paris] = [await place('Lyon', france), await place('Paris', france)];
  await place('Empty');
  const settings = (queueId: string, locationId: string, more: object = {}) => ({ settings: { ...queueSettings(queueId, printer.uri), locationId, ...more } });
  await instance.queues.createQueue(settings('lyon', lyon, { brand: 'Brother', tags: ['hall'] }));
  await instance.queues.createQueue(settings('paris-1', paris));
  await instance.queues.createQueue(settings('paris-2', paris, { validation: false }));
  return async () => {
    await printer.stop();
    await harness.remove();
  };
});

const choose = (location: string) => programs.chooseQueue({ target: { case: 'location', value: location } });

describe('a program', () => {
  it('finds queues and places, without learning where printers are reached', async () => {
    const { queues } = await programs.findPrintQueues({ search: 'brother HALL' });
    expect(queues).toMatchObject([{ queueId: 'lyon', name: 'Queue lyon', brand: 'Brother', locationPath: 'World/France/Lyon', tags: ['hall'], validation: true }]);
    expect(JSON.stringify(queues, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))).not.toContain(new URL(printer.uri).port);
    const page = await programs.findPrintQueues({ limit: 2 });
    expect([...page.queues, ...(await programs.findPrintQueues({ limit: 2, cursor: page.nextCursor })).queues].map(({ queueId, validation }) => [queueId, validation])).toEqual([['lyon', true], ['paris-1', true], ['paris-2', false]]);
    expect((await programs.listPrintLocations({})).locations.map(({ path }) => path)).toContain('World/France/Lyon');
  });

  it('names a queue, or a place where one stands', async () => {
    expect(await programs.chooseQueue({ target: { case: 'queueId', value: 'lyon' } })).toMatchObject({ outcome: 'found', queueId: 'lyon' });
    expect(await programs.chooseQueue({ target: { case: 'queueId', value: 'nowhere' } })).toMatchObject({ outcome: 'queue-unknown' });
    expect(await choose(' /world/FRANCE / lyon/ ')).toMatchObject({ outcome: 'found', queueId: 'lyon' });
    expect(await choose('World/France/Paris')).toMatchObject({ outcome: 'location-ambiguous', queueIds: ['paris-1', 'paris-2'] });
    expect(await choose('World')).toMatchObject({ outcome: 'location-ambiguous', queueIds: ['lyon', 'paris-1', 'paris-2'] });
    expect(await choose('World/Empty')).toMatchObject({ outcome: 'location-empty' });
    expect(await choose('World/Atlantis')).toMatchObject({ outcome: 'location-unknown' });
  });

  it('is told which option is none', async () => {
    await expect(programs.chooseQueue({ target: { case: 'queueId', value: 'lyon' }, options: { pageRanges: '3-1' } })).rejects.toThrow('options.pageRanges: ');
  });

  it('may do nothing of this without the role', async () => {
    const others = instance.client(PrintApiService, ['configuration.read', 'jobs.manage']);
    for (const call of [() => others.findPrintQueues({}), () => others.listPrintLocations({}), () => others.chooseQueue({}), () => others.listSubmittedJobs({}), () => others.cancelSubmittedJob({ jobId: randomUUID() })]) {
      expect(ConnectError.from(await call().catch((error: unknown) => error)).code).toBe(Code.PermissionDenied);
    }
  });
});

describe('a document that a program handed in', () => {
  it('is held for its owner, mailed a code, and looks as the program asked', async () => {
    const { messageId, jobIds: [jobId = ''] } = await harness.mail('lyon', { mailboxId: '', documents: [{ pages: 4 }], submission: { submitter: 'tester', options: { colorMode: 'monochrome', copies: 2 } } });
    await eventually(() => harness.stateOf(jobId)).toBe('pending-held job-hold-until-specified');
    expect((await programs.listSubmittedJobs({ jobIds: [jobId] })).jobs).toMatchObject([{ jobId, queueId: 'lyon', ownerAddress: 'ada@example.org', impressions: 8, finishing: { colorMode: 'monochrome', sides: 'one-sided', copies: 2, decidedBy: 'submitter' } }]);
    expect((await harness.journey(messageId)).at(-1)).toMatchObject({ step: 'held', evidence: { colorMode: 'monochrome', copies: 2, finishingDecidedBy: 'submitter' } });
    await instance.release.release({ code: await harness.codeOf({ messageId }), releasePoint: 'point' });
    await eventually(async () => (await harness.facts(messageId, 'print.job-recorded.v1'))[0]?.payload).toMatchObject({ origin: 'print-api', copies: 2, locationPath: 'World/France/Lyon' });
    expect((await programs.listSubmittedJobs({ jobIds: [jobId] })).jobs).toMatchObject([{ jobState: 'completed' }]);
  });

  it('follows the general options where the program asks for nothing, also right after a change of theirs', async () => {
    await harness.mail('lyon', { mailboxId: '', submission: BY });
    await instance.finishing.putFinishing({ finishing: { colorMode: 'monochrome', sides: 'two-sided-long-edge' } });
    const { jobIds: [jobId = ''] } = await harness.mail('lyon', { mailboxId: '', submission: { submitter: 'tester', options: { copies: 2 } } });
    const shown = async () => (await programs.listSubmittedJobs({ jobIds: [jobId] })).jobs[0]?.finishing;
    await eventually(shown).toMatchObject({ colorMode: 'monochrome', sides: 'two-sided-long-edge', copies: 2, decidedBy: 'submitter' });
  });

  it('is the program\'s to cancel, and nobody else\'s', async () => {
    const { messageId, jobIds: [jobId = ''] } = await harness.mail('lyon', { mailboxId: '', submission: BY });
    const { jobIds: [strange = ''] } = await harness.mail('lyon', { mailboxId: '', submission: { submitter: 'somebody else', options: {} } });
    const { jobIds: [mailed = ''] } = await harness.mail('lyon');
    for (const id of [jobId, strange, mailed]) await eventually(() => harness.stateOf(id)).toMatch('pending-held');
    for (const id of [strange, mailed, randomUUID()]) expect([(await programs.cancelSubmittedJob({ jobId: id })).job, (await programs.listSubmittedJobs({ jobIds: [id] })).jobs]).toEqual([undefined, []]);
    expect((await programs.cancelSubmittedJob({ jobId })).job).toMatchObject({ jobState: 'canceled', jobStateReason: 'job-canceled-by-user', problem: 'The program that handed the document in canceled the job.' });
    expect((await harness.journey(messageId)).at(-1)).toMatchObject({ step: 'canceled', evidence: { by: 'submitter', actor: 'tester' } });
    expect(await harness.isErased(jobId)).toBe(true);
    await expect(programs.cancelSubmittedJob({ jobId })).rejects.toThrow('canceled already');
    expect(await harness.stateOf(strange)).toMatch('pending-held');
  });

  it('is told to be refused where its owner was erased on the way', async () => {
    const erased = 'gone@example.org';
    await harness.tellOfAccount({ subject: 'account.erased.v1', payload: { accountIds: [`account:${erased}`], addresses: [erased], returningAccountIds: [], erasureId: '' } });
    await eventually(async () => (await harness.superuser.query('SELECT 1 FROM print_submit.former_account')).rowCount).toBe(1);
    const { messageId, jobIds: [jobId = ''] } = await harness.mail('lyon', { owner: erased, mailboxId: '', submission: BY });
    await eventually(() => harness.facts(messageId)).toMatchObject([{ subject: 'print.submission-refused.v1', payload: { jobId, reason: 'owner-erased' } }]);
    expect(await harness.isErased(jobId)).toBe(true);
  });
});
