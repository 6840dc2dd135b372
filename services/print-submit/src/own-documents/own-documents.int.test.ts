import { Code } from '@connectrpc/connect';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type OwnDocument, OwnDocumentService } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { makePuk } from '../hold-job/puk.js';
import { eventually, type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  await instance.queues.createQueue({ settings: queueSettings('lobby', printer.uri) });
  return async () => {
    await harness.remove();
    await printer.stop();
  };
});

const own = () => instance.client(OwnDocumentService, []);
const whoIs = (owner: string, means = 'puk') => ({ accountId: `account:${owner}@example.org`, means, releasePoint: '203.0.113.9' });
const held = async (owner: string, ...fileNames: readonly string[]) => {
  const mailed = await harness.mail('lobby', { owner: `${owner}@example.org`, documents: fileNames.map((fileName) => ({ fileName })) });
  return { ...mailed, code: await harness.codeOf(mailed) };
};
const names = (documents: readonly OwnDocument[]) => documents.map(({ job }) => job?.fileName ?? '');

describe('somebody\'s own documents', () => {
  it('are those of the code\'s owner, with where they come out, and of nobody else', async () => {
    const [ada, eve] = [await held('ada', 'plan.pdf', 'notes.pdf'), await held('eve', 'hers.pdf')];
    expect(await own().openByCode({ code: ada.code, releasePoint: 'desk' })).toMatchObject({ outcome: 'valid', accountId: 'account:ada@example.org' });
    const { documents } = await own().listOwnDocuments({ who: whoIs('ada') });
    expect(documents).toMatchObject([
      { job: { fileName: 'plan.pdf', pages: 1, queueId: 'lobby', jobState: 'pending-held', finishing: { colorMode: 'color', sides: 'one-sided' } }, queueName: 'Queue lobby', allowedMeans: ['puk', 'login-pin', 'card-pin'] },
      { job: { fileName: 'notes.pdf' } },
    ]);
    const hers = [...eve.jobIds];
    expect((await own().releaseOwnDocuments({ who: whoIs('ada'), jobIds: hers })).documents).toEqual([]);
    expect((await own().deleteOwnDocuments({ who: whoIs('ada'), jobIds: hers })).documents).toEqual([]);
    expect(await harness.stateOf(hers[0])).toBe('pending-held job-hold-until-specified');
  });

  it('are printed as chosen, seen on their way, and stay in sight when they are done', async () => {
    const { jobIds: [first, second] } = await held('bob', 'one.pdf', 'two.pdf');
    expect(names((await own().releaseOwnDocuments({ who: whoIs('bob'), jobIds: [second ?? ''] })).documents)).toEqual(['two.pdf']);
    await eventually(() => harness.stateOf(second)).toBe('completed job-completed-successfully');
    const { documents } = await own().listOwnDocuments({ who: whoIs('bob') });
    expect(documents.map(({ job, allowedMeans }) => [job?.fileName, job?.jobState, allowedMeans.length])).toEqual([['one.pdf', 'pending-held', 3], ['two.pdf', 'completed', 0]]);
    expect(names((await own().listOwnHistory({ who: whoIs('bob') })).documents)).toEqual(['two.pdf']);
    await harness.superuser.query(`UPDATE print_submit.job SET completed_at = completed_at - interval '16 minutes' WHERE id = $1`, [second]);
    expect(names((await own().listOwnDocuments({ who: whoIs('bob') })).documents)).toEqual(['one.pdf']);
    expect(await harness.stateOf(first)).toBe('pending-held job-hold-until-specified');
  });

  it('are deleted by their owner: never printed, erased, the code goes with the last one, and nobody is mailed', async () => {
    const { jobIds, messageId, code } = await held('carol', 'kept.pdf', 'wrong.pdf');
    const [kept = '', wrong = ''] = jobIds;
    expect(names((await own().deleteOwnDocuments({ who: whoIs('carol'), jobIds: [wrong] })).documents)).toEqual(['wrong.pdf']);
    expect([await harness.stateOf(wrong), await harness.isErased(wrong), await harness.isErased(kept)]).toEqual(['canceled job-canceled-by-user', true, false]);
    expect((await harness.journey(messageId)).at(-1)).toMatchObject({ step: 'canceled', evidence: { by: 'owner', fileName: 'wrong.pdf', releasePoint: '203.0.113.9' } });
    expect(await harness.facts(messageId, 'print.job-aborted.v1')).toEqual([]);
    expect((await own().openByCode({ code, releasePoint: 'desk' })).outcome).toBe('valid');
    expect(names((await own().deleteOwnDocuments({ who: whoIs('carol'), jobIds: [kept, wrong] })).documents)).toEqual(['kept.pdf']);
    expect((await own().openByCode({ code, releasePoint: 'desk' })).outcome).toBe('wrong-code');
  });

  it('are deleted or printed when both are asked for at once, never both, and what was released is not deleted', async () => {
    const { jobIds } = await held('dan', ...Array.from({ length: 8 }, (_, index) => `${index}.pdf`));
    const [deleted, released] = await Promise.all([own().deleteOwnDocuments({ who: whoIs('dan'), jobIds: [...jobIds] }), own().releaseOwnDocuments({ who: whoIs('dan'), jobIds: [...jobIds] })]);
    expect([...names(deleted.documents), ...names(released.documents)].toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `${index}.pdf`));
    expect((await own().deleteOwnDocuments({ who: whoIs('dan'), jobIds: released.documents.map(({ job }) => job?.jobId ?? '') })).documents).toEqual([]);
  });

  it('are changed by their owner alone, as long as they wait, and the journey says so', async () => {
    const { jobIds: [jobId = ''], messageId } = await held('gil', 'draft.pdf');
    const change = { sides: 'two-sided-long-edge', copies: 2 };
    const changed = await own().changeOwnFinishing({ who: whoIs('gil'), jobId, change });
    expect(changed.document?.job).toMatchObject({ finishing: { sides: 'two-sided-long-edge', copies: 2, colorMode: 'color', decidedBy: 'owner' } });
    expect((await harness.journey(messageId)).at(-1)).toMatchObject({ step: 'finishing-changed', evidence: { by: 'owner', releasePoint: '203.0.113.9' } });
    expect((await own().changeOwnFinishing({ who: whoIs('eve'), jobId, change: { copies: 3 } })).document).toBeUndefined();
    await expect(own().changeOwnFinishing({ who: whoIs('gil'), jobId, change: { sides: 'three-sided' } })).rejects.toThrow(/sides: must be/);
    await own().releaseOwnDocuments({ who: whoIs('gil'), jobIds: [jobId] });
    expect((await own().changeOwnFinishing({ who: whoIs('gil'), jobId, change: { copies: 3 } })).document).toBeUndefined();
  });

  it('are read page by page in the history, the latest first', async () => {
    const { jobIds } = await held('fay', 'a.pdf', 'b.pdf', 'c.pdf');
    await own().deleteOwnDocuments({ who: whoIs('fay'), jobIds: [...jobIds] });
    const first = await own().listOwnHistory({ who: whoIs('fay'), limit: 2 });
    const rest = await own().listOwnHistory({ who: whoIs('fay'), limit: 2, cursor: first.nextCursor });
    expect([first.documents.length, rest.documents.length, rest.nextCursor]).toEqual([2, 1, '']);
    expect(names([...first.documents, ...rest.documents]).toSorted()).toEqual(['a.pdf', 'b.pdf', 'c.pdf']);
  });
});

describe('a code at a release point', () => {
  it('counts when it is wrong, as anywhere else', async () => {
    const tries: string[] = [];
    for (let index = 0; index < 6; index += 1) tries.push((await own().openByCode({ code: makePuk(), releasePoint: 'guessed' })).outcome);
    expect(tries).toEqual([...Array.from({ length: 5 }, () => 'wrong-code'), 'locked-out']);
    expect((await own().openByCode({ code: makePuk(), releasePoint: 'guessed' })).retryAfterSeconds).toBeGreaterThan(20);
  });

  it('is asked for with what is missing', async () => {
    await expect(own().openByCode({ code: ' ', releasePoint: 'x' })).rejects.toThrow(/code: is missing/);
    await expect(own().listOwnDocuments({})).rejects.toThrow(/who.accountId: is missing/);
    await expect(own().listOwnDocuments({ who: whoIs('ada', 'smile') })).rejects.toThrow(/who.means: must be one of/);
    await expect(own().releaseOwnDocuments({ who: whoIs('ada'), jobIds: ['1'] })).rejects.toMatchObject({ code: Code.InvalidArgument });
    await expect(own().listOwnHistory({ who: whoIs('ada'), cursor: '?' })).rejects.toThrow(/cursor/);
  });
});
