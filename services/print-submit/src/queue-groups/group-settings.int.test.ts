import { createServer, type Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FilterService } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { PrinterService } from '@inkpost/contracts/admin/v1/printers_pb.js';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type IppevePrinterOptions, startIppeve } from '@inkpost/testkit/ippeve-printer.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, type Instance, type Mailed, type MailedDocument, PrintHarness, queueSettings } from '../print-submit.harness.js';
import { PrinterStore } from '../queues/printer.store.js';

const PRINTED = 'completed job-completed-successfully';
const HELD = 'pending-held job-hold-until-specified';
const REFUSED = 'aborted refused-by-filter';

let harness: PrintHarness;
let instance: Instance;
let count = 0;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  return () => harness.remove();
});

const groups = () => instance.client(QueueGroupService, ['configuration.read', 'configuration.write']);
const filters = () => instance.client(FilterService, ['configuration.read', 'configuration.write']);
const putGroup = (groupId: string, more: object) => groups().updateQueueGroup({ groupId, settings: { name: 'Copy room', validation: true, ...more } });
const problemOf = async ({ messageId }: Mailed) => (await harness.facts(messageId, 'print.job-aborted.v1')).map(({ payload }) => payload['statusText']);

async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined }> {
  const error = ConnectError.from(await call.then(() => new Error('the call was not refused'), (reason: unknown) => reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field };
}

/** A day on which nobody prints now, wherever the clock stands. */
const otherDay = (): number => ((new Date().getUTCDay() + 2) % 7) + 1;

describe('the restrictions of a group', () => {
  let printer: VirtualPrinter;

  beforeAll(async () => {
    printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'copy-room') });
    await groups().createQueueGroup({ settings: { groupId: 'room', name: 'Copy room', validation: true } });
    await groups().createQueueGroup({ settings: { groupId: 'desk', name: 'Desk', validation: false } });
    for (const [queueId, groupId] of [['copier', 'room'], ['desk', 'desk'], ['free', '']] as const) await instance.queues.createQueue({ settings: { ...queueSettings(queueId, printer.uri), groupId } });
    return () => printer.stop();
  });

  afterEach(async () => {
    await putGroup('room', {});
    for (const { filterId } of (await filters().listFilters({})).filters) await filters().deleteFilter({ filterId });
  });

  const mail = (queueId: string, documents: readonly MailedDocument[], owner = 'ada@example.org', ownerGroups: readonly string[] = ['Staff']) => harness.mail(queueId, { owner, documents, groups: ownerGroups });
  const expectState = (jobId: string | undefined, state: string) => eventually(() => harness.stateOf(jobId)).toBe(state);

  it('let in whom they name, and nobody whom they deny, and the journey names the restriction', async () => {
    await putGroup('room', { restrictions: { allowed: { users: ['Bob@example.org'], groups: ['Staff'] }, denied: { users: ['eve@example.org'] } } });
    const mails = await Promise.all([mail('copier', [{}]), mail('copier', [{}], 'bob@example.org', []), mail('copier', [{}], 'eve@example.org'), mail('copier', [{}], 'guest@example.org', [])]);
    for (const [index, state] of [HELD, HELD, REFUSED, REFUSED].entries()) await expectState(mails[index]?.jobIds[0], state);
    const [, , denied, stranger] = mails;
    expect(await Promise.all([denied, stranger].map((each) => each && problemOf(each)))).toEqual([['The queues of "Copy room" are for other people.'], ['The queues of "Copy room" are for other people.']]);
    expect((await harness.journey(denied?.messageId ?? '')).map(({ step, evidence }) => [step, evidence['filterId'] ?? evidence['reason']])).toEqual([['filter-applied', 'group:room:denied'], ['aborted', 'refused-by-filter']]);
    await putGroup('room', { restrictions: { allowed: { directories: ['guests'] } } });
    await expectState((await mail('copier', [{}], 'guest@example.org', [])).jobIds[0], HELD);
  });

  it('bound pages, size and colour of each document for itself, in words of their own if they have some', async () => {
    await putGroup('room', { restrictions: { pagesMax: 10, sizeMaxBytes: 100_000n, color: 'monochrome' } });
    const mailed = await mail('copier', [{ pages: 10 }, { pages: 11 }, { bytes: samplePdf({ sizeBytes: 200_000 }) }]);
    for (const [index, state] of [HELD, REFUSED, REFUSED].entries()) await expectState(mailed.jobIds[index], state);
    expect(new Set(await problemOf(mailed))).toEqual(new Set(['The queues of "Copy room" print documents of at most 10 pages.', 'The queues of "Copy room" print documents of at most 100000 bytes.']));
    expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ finishing: { colorMode: 'monochrome' }, forced: ['colorMode'] });
    expect(await refusal(instance.jobs.changeFinishing({ jobId: mailed.jobIds[0] ?? '', change: { colorMode: 'color' } }))).toEqual({ code: Code.InvalidArgument, field: 'colorMode' });
    await putGroup('room', { restrictions: { color: 'refused', message: 'Gris seulement.' } });
    expect(await filters().tryFilters({ queueId: 'copier', pages: 1, colorMode: 'color', sides: 'one-sided' })).toMatchObject({ outcome: 'refused', message: 'Gris seulement.', filterIds: ['group:room:colour'] });
    expect(await filters().tryFilters({ queueId: 'copier', pages: 1, colorMode: 'monochrome', sides: 'one-sided' })).toMatchObject({ outcome: 'allowed' });
  });

  it('keep what is held until its hours come, and what nobody releases they refuse', async () => {
    const hours = [{ weekdays: [otherDay()], from: '08:00', until: '18:00' }];
    await putGroup('room', { restrictions: { hours } });
    const held = await mail('copier', [{}]);
    const code = await harness.codeOf(held);
    expect((await instance.release.release({ code, releasePoint: 'lobby', jobIds: [...held.jobIds] })).notReleased).toMatchObject([{ reason: 'filter', problem: expect.stringContaining('print only at these times') }]);
    expect(await harness.stateOf(held.jobIds[0])).toBe(HELD);
    await putGroup('room', { restrictions: { hours: [...hours, { from: '00:00', until: '00:00' }] } });
    expect((await instance.release.release({ code, releasePoint: 'lobby', jobIds: [...held.jobIds] })).outcome).toBe('released');
    await expectState(held.jobIds[0], PRINTED);
    await groups().updateQueueGroup({ groupId: 'desk', settings: { name: 'Desk', validation: false, restrictions: { hours } } });
    await expectState((await mail('desk', [{}])).jobIds[0], REFUSED);
  });

  it('hold for what a rule sends to a queue of the group, and for a queue from its coming into the group on', async () => {
    await putGroup('room', { restrictions: { pagesMax: 1 } });
    await filters().putFilter({ filter: { filterId: 'away', name: 'Away', enabled: true, when: { titleContains: 'plan' }, action: { kind: 'redirect', queueId: 'copier' } } });
    const mailed = await mail('free', [{ fileName: 'plan.pdf', pages: 2 }, { fileName: 'letter.pdf', pages: 2 }]);
    await expectState(mailed.jobIds[0], REFUSED);
    await expectState(mailed.jobIds[1], HELD);
    await instance.queues.updateQueue({ queueId: 'free', settings: { ...queueSettings('free', printer.uri), groupId: 'room' } });
    await expectState((await mail('free', [{ pages: 2 }])).jobIds[0], REFUSED);
  });

  it('are given back as they were set, cloned with the group, and refused where they make no sense', async () => {
    const restrictions = { denied: { users: ['eve@example.org'], groups: [], directories: ['guests'] }, hours: [{ weekdays: [1, 5], from: '08:00', until: '18:30' }], pagesMax: 5, sizeMaxBytes: 7n, color: 'refused', message: 'No.' };
    const expert = { answerTimeoutSeconds: 20, followJobs: false };
    await putGroup('room', { restrictions, expert });
    expect((await groups().createQueueGroup({ settings: { groupId: `clone-${(count += 1)}`, name: 'Clone' }, cloneOf: 'room' })).group?.settings).toMatchObject({ restrictions, expert });
    for (const [wrong, field] of [
      [{ restrictions: { color: 'blue' } }, 'restrictions.color'], [{ restrictions: { hours: [{ from: '8', until: '18:00' }] } }, 'restrictions.hours.0.from'], [{ restrictions: { allowed: { groups: [' '] } } }, 'restrictions.allowed.groups'],
      [{ expert: { cutsMax: 0 } }, 'expert.cutsMax'], [{ expert: { answerTimeoutSeconds: 301 } }, 'expert.answerTimeoutSeconds'], [{ expert: { documentFormat: 'text/plain' } }, 'expert.documentFormat'],
    ] as const) expect(await refusal(putGroup('room', wrong))).toEqual({ code: Code.InvalidArgument, field });
  });
});

/** One that takes connections and never says a word. */
async function silentPrinter(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `ipp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/ipp/print`;
}

describe('expert settings', () => {
  it('say how long an answer is waited for and how often a printer is asked: those of the queue before its group\'s', async () => {
    await groups().createQueueGroup({ settings: { groupId: 'slow', name: 'Slow', validation: false, expert: { answerTimeoutSeconds: 300, printerPollSeconds: 15 } } });
    const [uri, other] = [await silentPrinter(), 'ipp://127.0.0.1:1/ipp/print'];
    await instance.queues.createQueue({ settings: { ...queueSettings('silent', uri, false), groupId: 'slow', expert: { answerTimeoutSeconds: 2 } } });
    await instance.queues.createQueue({ settings: queueSettings('usual', other, false) });
    expect((await instance.queues.getQueue({ queueId: 'silent' })).queue?.settings).toMatchObject({ expert: { answerTimeoutSeconds: 2 } });
    const mailed = await harness.mail('silent');
    // The usual 30 seconds, and the group's 300, would be too long for this test.
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('processing printer-error');
    await harness.superuser.query(`UPDATE print_submit.printer SET asked_at = now() - interval '20 seconds' WHERE queue_id IN ('silent', 'usual')`);
    await new PrinterStore(harness.ownPool()).claimToAsk();
    const { rows } = await harness.superuser.query<{ queue_id: string }>(`SELECT queue_id FROM print_submit.printer WHERE asked_at > now() - interval '15 seconds' AND queue_id IN ('silent', 'usual')`);
    expect(rows).toEqual([{ queue_id: 'silent' }]);
  });
});

describeWithServer(['ippeveprinter', 'ghostscript'], 'expert settings of ippeveprinter', () => {
  async function startQueue(options: IppevePrinterOptions, expert: object) {
    const printer = await startIppeve(options);
    onTestFinished(() => printer.stop());
    const queueId = `expert-${(count += 1)}`;
    await instance.queues.createQueue({ settings: { ...queueSettings(queueId, printer.uri, false), expert } });
    return { printer, queueId, mailed: await harness.mail(queueId) };
  }

  it('make documents what an administrator says, although it takes PDF', async () => {
    const { printer, queueId, mailed } = await startQueue({ formats: ['application/pdf', 'application/postscript'] }, { documentFormat: 'application/postscript' });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect((await readFile(join(printer.printedFolder, '1.bin'))).subarray(0, 4).toString()).toBe('%!PS');
    const { steps } = await instance.client(PrinterService, ['configuration.write']).testPrinter({ queueId });
    expect(steps.find(({ step }) => step === 'document')).toMatchObject({ outcome: 'passed', text: 'Documents are sent as application/postscript, by the expert settings.' });
  });

  it('count what it took as printed without asking it further', async () => {
    const { mailed } = await startQueue({ printingTimeMs: 600_000 }, { followJobs: false });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    const journey = await harness.journey(mailed.messageId);
    expect(journey.map(({ step }) => step).slice(-2)).toEqual(['sent-to-printer', 'printed']);
    expect(journey.at(-1)?.evidence).toMatchObject({ confirmation: expect.stringContaining('not asked further'), sha256IsTheDocuments: true, countedBy: 'pages' });
  });
});
