import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, type Instance, type Mailed, onPaper, PrintHarness, queueSettings } from './print-submit.harness.js';
import { StallingRelay } from './stalling-relay.harness.js';

const PRINTED = 'completed job-completed-successfully';
const OWNER = 'ada@example.org';

let harness: PrintHarness;
let printer: VirtualPrinter;
let relay: StallingRelay;
let client: IppPrinter;
let count = 0;
let queueId: string;

beforeAll(async () => {
  harness = await PrintHarness.start();
  return () => harness.remove();
});

beforeEach(async () => {
  count += 1;
  queueId = `queue-${count}`;
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, `printed-${count}`), runningSince: new Date(Date.now() - 60_000) });
  relay = await StallingRelay.start(printer.port);
  client = new IppPrinter({ uri: printer.uri });
  return async () => {
    client.close();
    await harness.stopInstances();
    await relay.stop();
    await printer.stop();
  };
});

interface Killed {
  readonly phase: 'creating' | 'sending' | 'following';
  readonly printerJobId?: number;
}

/** A held job whose delivery was begun by a process that is gone: it was killed when its row said this. */
async function killedDelivery(mailed: Mailed, { phase, printerJobId }: Killed): Promise<void> {
  await harness.superuser.query(`UPDATE print_submit.job SET job_state = 'processing', job_state_reason = 'job-outgoing', attempts = 1, released_at = now(), accepted_at = $2 WHERE id = $1`, [mailed.jobIds[0], phase === 'following' ? new Date() : null]);
  await harness.superuser.query(
    `INSERT INTO print_submit.delivery (job_id, queue_id, lease_token, attempt, phase, printer_uri, printer_job_id) VALUES ($1, $2, $3, 1, $4, $5, $6)`,
    [mailed.jobIds[0], queueId, randomUUID(), phase, printer.uri, printerJobId ?? null]);
}

async function heldJob(instance: Instance, bytes = samplePdf({ text: queueId })): Promise<Mailed> {
  await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri) });
  const mailed = await harness.mail(queueId, { owner: OWNER, documents: [{ bytes }] });
  await harness.codeOf(mailed);
  await instance.stop();
  return mailed;
}

const nameOf = ({ jobIds }: Mailed): string => `page-1.pdf [inkpost ${jobIds[0]}.1]`;
const createAtPrinter = (mailed: Mailed) => client.createJob({ jobName: nameOf(mailed), requestingUserName: OWNER });

async function* breakingOff(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes.subarray(0, bytes.length / 2);
  throw new Error('killed');
}

describe('a process that is killed', () => {
  it('before Create-Job: the next one sends the document', async () => {
    const mailed = await heldJob(await harness.startInstance());
    await killedDelivery(mailed, { phase: 'creating' });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
  });

  it('between Create-Job and its note: the empty job is canceled and the document printed once', async () => {
    const mailed = await heldJob(await harness.startInstance());
    const { jobId } = await createAtPrinter(mailed);
    await killedDelivery(mailed, { phase: 'creating' });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
    expect(await client.getJobAttributes(jobId)).toMatchObject({ jobState: 'canceled' });
  });

  it('between the note and the document: the empty job is canceled and the document printed once', async () => {
    const mailed = await heldJob(await harness.startInstance());
    const { jobId } = await createAtPrinter(mailed);
    await killedDelivery(mailed, { phase: 'sending', printerJobId: jobId });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
  });

  it('in mid-document: the part is thrown away and the document printed once', async () => {
    const bytes = samplePdf({ sizeBytes: 3_000_000 });
    const mailed = await heldJob(await harness.startInstance(), bytes);
    const { jobId } = await createAtPrinter(mailed);
    await client.sendDocument({ jobId, documentFormat: 'application/pdf', requestingUserName: OWNER }, breakingOff(bytes)).catch(() => undefined);
    await killedDelivery(mailed, { phase: 'sending', printerJobId: jobId });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
  });

  it('after the document and before the answer was noted: nothing is sent again', async () => {
    const bytes = samplePdf({ sizeBytes: 200_000 });
    const mailed = await heldJob(await harness.startInstance(), bytes);
    const { jobId } = await createAtPrinter(mailed);
    await client.sendDocument({ jobId, documentFormat: 'application/pdf', requestingUserName: OWNER }, whole(bytes));
    await killedDelivery(mailed, { phase: 'sending', printerJobId: jobId });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(printer.printed).toHaveLength(1);
    expect((await harness.journey(mailed.messageId)).at(-1)?.evidence).toMatchObject({ confirmation: 'the printer says that it has the document', sha256: mailed.sha256[0] });
  });

  it('while the printer prints: the next one follows the job to its end', async () => {
    printer.faults.neverCompletes = true;
    const bytes = samplePdf({ sizeBytes: 200_000 });
    const mailed = await heldJob(await harness.startInstance(), bytes);
    const { jobId } = await createAtPrinter(mailed);
    await client.sendDocument({ jobId, documentFormat: 'application/pdf', requestingUserName: OWNER }, whole(bytes));
    await killedDelivery(mailed, { phase: 'following', printerJobId: jobId });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('processing job-printing');
    await client.cancelJob(jobId);
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('canceled job-canceled-at-device');
    expect(printer.printed).toEqual([]);
  });

  it('when it had canceled a part to make way: the job is not taken for one that a person canceled', async () => {
    const mailed = await heldJob(await harness.startInstance());
    const { jobId } = await createAtPrinter(mailed);
    await client.cancelJob(jobId, OWNER);
    await killedDelivery(mailed, { phase: 'sending', printerJobId: jobId });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
  });

  it('when the printer forgot everything since: the job is uncertain and nothing is sent', async () => {
    const mailed = await heldJob(await harness.startInstance());
    await killedDelivery(mailed, { phase: 'sending', printerJobId: 77 });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('processing-stopped uncertain');
    expect(printer.printed).toEqual([]);
  });

  it.each(['1 hour', '61 seconds'])('when the printer was restarted after it took the document, %s ago, and has run for a minute: the job is uncertain', async (before) => {
    const mailed = await heldJob(await harness.startInstance());
    await killedDelivery(mailed, { phase: 'following', printerJobId: 77 });
    await harness.superuser.query(`UPDATE print_submit.job SET accepted_at = now() - $2::interval WHERE id = $1`, [mailed.jobIds[0], before]);
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('processing-stopped uncertain');
    expect((await harness.journey(mailed.messageId)).at(-1)).toMatchObject({ step: 'uncertain', evidence: { problem: expect.stringContaining('was restarted') } });
  });

  it('when the printer lists no finished jobs but ran all the time: the job is completed', async () => {
    const mailed = await heldJob(await harness.startInstance());
    await killedDelivery(mailed, { phase: 'following', printerJobId: 77 });
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect((await harness.journey(mailed.messageId)).at(-1)?.evidence).toMatchObject({ confirmation: expect.stringContaining('no longer lists the job') });
  });

  it('with its lease still running is waited for, about ten seconds and no longer', async () => {
    const mailed = await heldJob(await harness.startInstance());
    await killedDelivery(mailed, { phase: 'creating' });
    await harness.superuser.query(`UPDATE print_submit.printer SET lease_token = $2, lease_until = now() + interval '2 seconds' WHERE queue_id = $1`, [queueId, randomUUID()]);
    await harness.startInstance();
    const startedAt = performance.now();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  });
});

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

describe('two instances', () => {
  it('print 100 jobs of many owners on several printers once each', async () => {
    const [first, second] = [await harness.startInstance(), await harness.startInstance()];
    const printers = await Promise.all(Array.from({ length: 3 }, (_, index) => VirtualPrinter.start({ outputFolder: join(harness.folder, `printed-${count}-${index}`) })));
    for (const [index, each] of printers.entries()) await first.queues.createQueue({ settings: queueSettings(`${queueId}-${index}`, each.uri, index === 0) });
    const mails = await Promise.all(Array.from({ length: 100 }, (_, index) => harness.mail(`${queueId}-${index % 3}`, { owner: `owner-${index % 7}-${count}@example.org`, documents: [{ bytes: samplePdf({ text: `${queueId} ${index}` }) }] })));
    for (const [index, mailed] of mails.entries()) {
      if (index % 3 === 0) await (index % 2 === 0 ? first : second).release.release({ code: await harness.codeOf(mailed), releasePoint: queueId, jobIds: [] });
    }
    for (const mailed of mails) await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    const printed = await onPaper(printers.flatMap((each) => each.printed));
    expect(printed.toSorted()).toEqual(mails.flatMap(({ sha256 }) => sha256).toSorted());
    for (const each of printers) await each.stop();
  }, 60_000);

  it('of which one stands still in mid-document past its lease print the document once', async () => {
    const first = await harness.startInstance();
    await first.queues.createQueue({ settings: queueSettings(queueId, relay.uri, false) });
    relay.stallAfterBytes = 500_000;
    const mailed = await harness.mail(queueId, { owner: OWNER, documents: [{ bytes: samplePdf({ sizeBytes: 3_000_000 }) }] });
    await eventually(() => relay.stalledCount).toBe(1);
    relay.stallAfterBytes = Number.POSITIVE_INFINITY;
    await harness.superuser.query(`UPDATE print_submit.printer SET lease_token = $2, lease_until = now() - interval '1 second' WHERE queue_id = $1`, [queueId, randomUUID()]);
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    relay.goOn();
    expect(await client.getJobs({ whichJobs: 'not-completed' })).toEqual([]);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
    expect((await harness.steps(mailed.messageId)).filter((step) => step === 'printed')).toHaveLength(1);
  });

  it('of which one stands still before it could note what it sends send the document once', async () => {
    const first = await harness.startInstance();
    await first.queues.createQueue({ settings: queueSettings(queueId, 'ipp://127.0.0.1:1/ipp/print', false) });
    const mailed = await harness.mail(queueId, { owner: OWNER });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('pending printer-unreachable');
    relay.stallAfterBytes = 0;
    await first.queues.updateQueue({ queueId, settings: queueSettings(queueId, relay.uri, false) });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('processing job-outgoing');
    // One asks how the printer is, the other is the Create-Job.
    await eventually(() => relay.stalledCount).toBe(2);
    Object.assign(printer.faults, { neverCompletes: true });
    relay.stallAfterBytes = Number.POSITIVE_INFINITY;
    await harness.superuser.query(`UPDATE print_submit.printer SET lease_token = $2, lease_until = now() - interval '1 second' WHERE queue_id = $1`, [queueId, randomUUID()]);
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('processing job-printing');
    relay.goOn();
    // The late Create-Job arrives, and its job is canceled before a byte of the document leaves.
    await eventually(async () => (await client.getJobs({ whichJobs: 'completed' })).map(({ jobState, numberOfDocuments }) => ({ jobState, numberOfDocuments }))).toEqual([{ jobState: 'canceled', numberOfDocuments: 0 }]);
    expect(await client.getJobs({ whichJobs: 'not-completed' })).toMatchObject([{ jobState: 'processing', numberOfDocuments: 1 }]);
  });

  it('stop within two seconds in mid-document, and the next one prints it once', async () => {
    const first = await harness.startInstance();
    await first.queues.createQueue({ settings: queueSettings(queueId, relay.uri, false) });
    relay.stallAfterBytes = 500_000;
    const mailed = await harness.mail(queueId, { owner: OWNER, documents: [{ bytes: samplePdf({ sizeBytes: 3_000_000 }) }] });
    await eventually(() => relay.stalledCount).toBe(1);
    const startedAt = performance.now();
    await first.stop();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const { rows } = await harness.superuser.query('SELECT printer.lease_token, delivery.phase FROM print_submit.printer JOIN print_submit.delivery USING (queue_id) WHERE queue_id = $1', [queueId]);
    expect(rows).toMatchObject([{ lease_token: null, phase: 'sending' }]);
    relay.goOn();
    await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
  });
});

describe('jobs are delivered', () => {
  it('also when the word of their release got lost: they are found', async () => {
    const instance = await harness.startInstance();
    await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri) });
    const mailed = await harness.mail(queueId, { owner: OWNER });
    await harness.codeOf(mailed);
    await harness.superuser.query(`UPDATE print_submit.job SET job_state = 'pending', released_at = now() WHERE message_id = $1`, [mailed.messageId]);
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
  });

  it('once each while the database ends its connections again and again', async () => {
    const instance = await harness.startInstance();
    await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri, false) });
    const mails = await Promise.all(Array.from({ length: 30 }, (_, index) => harness.mail(queueId, { owner: `owner-${index}-${count}@example.org`, documents: [{ bytes: samplePdf({ text: `${queueId} ${index}`, sizeBytes: 300_000 }) }] })));
    // A message that met several cuts is tried again after 2, 4, … 16 s.
    const patiently = <T>(read: () => T) => expect.poll(read, { timeout: 60_000 });
    for (let cuts = 0; cuts < 5; cuts += 1) {
      const before = printer.printed.length;
      await harness.superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'print_submit' AND datname = current_database()`);
      await patiently(() => printer.printed.length > before || printer.printed.length === mails.length).toBe(true);
    }
    for (const mailed of mails) await patiently(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect((await onPaper(printer.printed)).toSorted()).toEqual(mails.flatMap(({ sha256 }) => sha256).toSorted());
  }, 120_000);
});
