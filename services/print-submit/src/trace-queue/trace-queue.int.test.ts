import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { QueueTraceService } from '@inkpost/contracts/admin/v1/queue_traces_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { traceLimits } from '../limits.js';
import { eventually, type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';
import { QueueTraceStore } from './queue-trace.store.js';
import { QueueTraces } from './queue-traces.js';

const PRINTED = 'completed job-completed-successfully';
const HOUR_MS = 3_600_000;

let harness: PrintHarness;
let instance: Instance;
let traces: Client<typeof QueueTraceService>;
let printer: VirtualPrinter;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  traces = instance.client(QueueTraceService, ['diagnostics']);
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'traced') });
  for (const queueId of ['traced', 'quiet', 'other']) await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri, false) });
  return async () => {
    await printer.stop();
    await harness.remove();
  };
});

const read = async (queueId: string): Promise<string> => (await traces.readQueueTraceLog({ queueId })).log;

async function print(queueId: string, fileName = 'page.pdf'): Promise<void> {
  const mailed = await harness.mail(queueId, { documents: [{ fileName }] });
  await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
}

async function refusal(call: Promise<unknown>): Promise<Code | undefined> {
  return call.then(() => undefined, (error: unknown) => ConnectError.from(error).code);
}

describe('a traced queue', () => {
  it('has its conversation with the printer written down, that of no other queue, and nothing of documents', async () => {
    expect(await traces.startQueueTrace({ queueId: 'traced' })).toMatchObject({ trace: { active: true, startedBy: 'tester' } });
    await print('quiet', 'unseen.pdf');
    await print('traced', 'seen.pdf');
    await eventually(() => read('traced')).toMatch(/Send-Document[^]*bytes of the document, the whole of it\n.*S: successful-ok/);
    const log = await read('traced');
    expect(log).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z C: Create-Job 2\.0 #\d+ operation: .*job-name="seen\.pdf \[inkpost .* job: sides=one-sided print-color-mode=color$/mu);
    expect(log).not.toContain('unseen');
    expect(log).not.toContain('%PDF');
    expect(await read('quiet')).toBe('');
    expect((await traces.getQueueTrace({ queueId: 'traced' })).trace?.sizeBytes).toBe(Buffer.byteLength(log));
  });

  it('has written down what went wrong, too', async () => {
    await instance.queues.createQueue({ settings: queueSettings('nowhere', 'ipp://127.0.0.1:9/ipp/print', false) });
    await traces.startQueueTrace({ queueId: 'nowhere' });
    await harness.mail('nowhere');
    await eventually(() => read('nowhere')).toMatch(/-- the printer .* cannot be reached \(ECONNREFUSED\)/);
  });

  it('is written down no longer once it is stopped, or by itself when its time is over; its log stays and begins anew', async () => {
    await traces.startQueueTrace({ queueId: 'quiet', until: timestampFromMs(Date.now() + HOUR_MS) });
    await print('quiet', 'first.pdf');
    await eventually(() => read('quiet')).toContain('first.pdf');
    expect((await traces.stopQueueTrace({ queueId: 'quiet' })).trace?.active).toBe(false);
    await print('quiet', 'after.pdf');
    await traces.startQueueTrace({ queueId: 'other', until: timestampFromMs(Date.now() + 400) });
    await eventually(async () => (await traces.getQueueTrace({ queueId: 'other' })).trace?.active).toBe(false);
    await print('other', 'late.pdf');
    expect(await read('quiet')).toContain('first.pdf');
    expect(await read('quiet')).not.toContain('after.pdf');
    await traces.startQueueTrace({ queueId: 'quiet' });
    await print('quiet', 'anew.pdf');
    await eventually(() => read('quiet')).toContain('anew.pdf');
    expect(await read('quiet')).not.toContain('first.pdf');
  });

  it('is traced by other instances as well, within a moment', async () => {
    const replica = await harness.startInstance();
    const others = replica.client(QueueTraceService, ['diagnostics']);
    await others.startQueueTrace({ queueId: 'other' });
    await eventually(async () => {
      await print('other', 'anywhere.pdf');
      return read('other');
    }).toContain('anywhere.pdf');
    await replica.stop();
  });

  it('keeps a log of limited length, the latest lines of it', async () => {
    const store = new QueueTraceStore(harness.ownPool());
    const log = new QueueTraces(store, createLog('test', 'fatal'));
    await traces.startQueueTrace({ queueId: 'other' });
    await log.refresh();
    const write = log.of('other');
    expect(log.of('traced-not')).toBeUndefined();
    write?.(`a\nb ${'x'.repeat(traceLimits.lineLengthMax)}`);
    await log.stop();
    expect(await read('other')).toMatch(/ a b x+… \(8004 characters\)\n$/);
    const piece = `${'y'.repeat(1024 * 1024 - 1)}\n`;
    for (let index = 0; index < 5; index += 1) await store.append('other', piece);
    const kept = await read('other');
    expect(kept.length).toBeLessThanOrEqual(traceLimits.bytesMax);
    expect(kept.startsWith('y')).toBe(true);
  });

  it('that names an erased person loses its log, and goes on', async () => {
    await instance.queues.createQueue({ settings: queueSettings('named', printer.uri, false) });
    await traces.startQueueTrace({ queueId: 'named' });
    const owner = 'Mary.Shelley@example.org';
    const mailed = await harness.mail('named', { owner });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    await eventually(() => read('named')).toContain(owner);
    await eventually(() => read('traced')).not.toBe('');
    await harness.tellOfAccount({ subject: 'account.erased.v1', payload: { accountIds: [`account:${owner}`], returningAccountIds: [], addresses: [owner.toLowerCase(), 'da@example.org', 'ada@example.or'], erasureId: randomUUID() } });
    await eventually(() => read('named')).not.toContain(owner);
    expect(await read('traced')).not.toBe('');
    expect((await traces.getQueueTrace({ queueId: 'named' })).trace?.active).toBe(true);
  });

  it('needs the right, a queue and a time that is possible', async () => {
    const queueId = 'traced';
    const blind = instance.client(QueueTraceService, ['configuration.write', 'jobs.manage']);
    for (const call of ['startQueueTrace', 'stopQueueTrace', 'getQueueTrace', 'readQueueTraceLog'] as const) {
      expect(await refusal(blind[call]({ queueId }))).toBe(Code.PermissionDenied);
      expect(await refusal(traces[call]({ queueId: 'none' }))).toBe(Code.NotFound);
    }
    for (const fromNowMs of [-1, 25 * HOUR_MS]) expect(await refusal(traces.startQueueTrace({ queueId, until: timestampFromMs(Date.now() + fromNowMs) }))).toBe(Code.InvalidArgument);
  });

  it('that is deleted takes its log along', async () => {
    const piecesOf = async () => (await harness.superuser.query(`SELECT 1 FROM print_submit.queue_trace_piece WHERE queue_id = 'gone'`)).rowCount;
    await instance.queues.createQueue({ settings: queueSettings('gone', printer.uri, false) });
    await traces.startQueueTrace({ queueId: 'gone' });
    await new QueueTraceStore(harness.ownPool()).append('gone', 'a line\n');
    expect(await piecesOf()).toBe(1);
    await instance.queues.deleteQueue({ queueId: 'gone' });
    expect(await piecesOf()).toBe(0);
  });
});
