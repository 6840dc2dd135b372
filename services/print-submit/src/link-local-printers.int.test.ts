import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, PrintHarness, queueSettings } from './print-submit.harness.js';

const REFUSED = 'link-local or metadata address, where no server may be unless INKPOST_LINK_LOCAL_SERVERS is set to allowed. Nothing was sent there.';

let harness: PrintHarness;

beforeAll(async () => {
  harness = await PrintHarness.start();
  return () => harness.remove();
});

afterEach(() => harness.stopInstances());

describe('a printer at a link-local or metadata address', () => {
  // URIs know addresses by their numbers: what other names lead to is looked at where libs/ipp connects.
  it.each(['ipp://169.254.169.254/ipp/print', 'http://2852039166/ipp/print'])('is not connected to, and queue and job name the setting that allows it: %s', async (printerUri) => {
    const queueId = `refused-${new URL(printerUri).protocol.slice(0, -1)}`;
    const instance = await harness.startInstance();
    await instance.queues.createQueue({ settings: queueSettings(queueId, printerUri, false) });
    const mailed = await harness.mail(queueId);
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('pending printer-unreachable');
    await eventually(async () => (await instance.queues.getQueue({ queueId })).queue).toMatchObject({ printerState: 'unreachable', problem: expect.stringContaining(REFUSED) as unknown });
    expect(await harness.journey(mailed.messageId)).toContainEqual(expect.objectContaining({ step: 'waiting-for-printer', evidence: expect.objectContaining({ problem: expect.stringContaining(REFUSED) as unknown }) as unknown }));
  });
});
