import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Redis } from 'ioredis';
import type { Topology } from '@inkpost/suite/start-suite.js';
import { DIRECT_MAILBOX, type Installation, install } from './installation.js';

const MAILS = 12;
const RECOVERY_MS = 60_000;

/** Everything mailed came out exactly once, whatever happened in between. */
async function expectEachPrintedOnce(inkpost: Installation, sent: readonly { readonly messageId: string; readonly sha256: string }[]): Promise<void> {
  for (const { messageId } of sent) await inkpost.journeyWith(messageId, 'printed', RECOVERY_MS);
  const counts = sent.map(({ sha256 }) => inkpost.printer.printed.filter((print) => print.sha256 === sha256).length);
  expect(counts).toEqual(sent.map(() => 1));
}

describe.each<Topology>(['all', 'processes'])('faults in the topology "%s"', (topology) => {
  let inkpost: Installation;
  let round = 0;

  beforeAll(async () => {
    inkpost = await install(topology);
  });

  afterAll(() => inkpost?.remove());

  /** Mails documents one after the other; the fault strikes after the fourth. */
  async function mailAround(fault: () => Promise<void>): Promise<{ messageId: string; sha256: string }[]> {
    round += 1;
    const sent = [];
    let striking: Promise<void> | undefined;
    for (let index = 0; index < MAILS; index += 1) {
      sent.push(await inkpost.mailPdf({ to: DIRECT_MAILBOX, text: `Round ${round}, mail ${index}`, untilTaken: true }));
      if (index === 4) striking = fault();
    }
    await striking;
    return sent;
  }

  it('loses and doubles nothing when Redis is emptied', async () => {
    const sent = await mailAround(async () => {
      const redis = new Redis(inkpost.redis.current.url);
      await redis.flushall();
      redis.disconnect();
    });
    await expectEachPrintedOnce(inkpost, sent);
  }, 120_000);

  it('loses and doubles nothing when Redis is killed and comes back', async () => {
    const sent = await mailAround(async () => {
      await inkpost.redis.kill();
      await inkpost.redis.start();
    });
    await expectEachPrintedOnce(inkpost, sent);
  }, 120_000);

  it('loses and doubles nothing when PostgreSQL is killed and comes back', async () => {
    const sent = await mailAround(async () => {
      await inkpost.postgres.kill();
      await inkpost.postgres.start();
    });
    await expectEachPrintedOnce(inkpost, sent);
  }, 120_000);

  it('loses and doubles nothing when each process is killed with -9 in mid-flow, one after the other', async () => {
    for (const process of inkpost.suite.processes) {
      const sent = await mailAround(async () => {
        await process.kill();
        await process.restart();
      });
      await inkpost.suite.waitUntilReady();
      await expectEachPrintedOnce(inkpost, sent);
    }
  }, 400_000);

  it('starts while PostgreSQL and Redis are away, says so, and goes on when they are there', async () => {
    const started = inkpost.suite.processes.find(({ name }) => name === 'guest-account') ?? inkpost.suite.processes[0];
    await started?.kill();
    await Promise.all([inkpost.postgres.stop(), inkpost.redis.stop()]);
    await started?.restart();
    const says = (line: string) => expect.poll(() => readFile(inkpost.logFile, 'utf8'), { timeout: RECOVERY_MS }).toContain(line);
    await says('waits for PostgreSQL at 127.0.0.1:');
    await inkpost.postgres.start();
    await says('waits for Redis at 127.0.0.1:');
    await inkpost.redis.start();
    await inkpost.suite.waitUntilReady();
    await expectEachPrintedOnce(inkpost, [await inkpost.mailPdf({ to: DIRECT_MAILBOX, text: `After the wait, ${topology}`, untilTaken: true })]);
  }, 200_000);

  it('waits for a printer that does not answer, says so, and prints when it does', async () => {
    const uri = inkpost.printer.uri;
    await inkpost.rest.put('/api/v0/queues/direct', { queueId: 'direct', name: 'Direct', printerUri: 'ipp://127.0.0.1:1/ipp/print', validation: false });
    const { messageId, sha256 } = await inkpost.mailPdf({ to: DIRECT_MAILBOX, text: `Unreachable ${topology}` });
    await inkpost.journeyWith(messageId, 'waiting-for-printer');
    await inkpost.rest.put('/api/v0/queues/direct', { queueId: 'direct', name: 'Direct', printerUri: uri, validation: false });
    await inkpost.journeyWith(messageId, 'printed', RECOVERY_MS);
    expect(inkpost.printer.printed.filter((print) => print.sha256 === sha256)).toHaveLength(1);
  }, 120_000);

  it('waits for a printer that is busy', async () => {
    inkpost.printer.faults.busy = true;
    const { messageId, sha256 } = await inkpost.mailPdf({ to: DIRECT_MAILBOX, text: `Busy ${topology}` });
    await inkpost.journeyWith(messageId, 'waiting-for-printer');
    inkpost.printer.faults.busy = false;
    await inkpost.journeyWith(messageId, 'printed', RECOVERY_MS);
    expect(inkpost.printer.printed.filter((print) => print.sha256 === sha256)).toHaveLength(1);
  }, 120_000);

  it('asks the printer after a lost answer instead of printing twice', async () => {
    inkpost.printer.faults.dropAfterDocument = true;
    const { messageId, sha256 } = await inkpost.mailPdf({ to: DIRECT_MAILBOX, text: `Lost answer ${topology}` });
    await expect.poll(() => inkpost.printer.printed.filter((print) => print.sha256 === sha256).length, { timeout: RECOVERY_MS }).toBe(1);
    inkpost.printer.faults.dropAfterDocument = false;
    await inkpost.journeyWith(messageId, 'printed', RECOVERY_MS);
    expect(inkpost.printer.printed.filter((print) => print.sha256 === sha256)).toHaveLength(1);
  }, 120_000);
});
