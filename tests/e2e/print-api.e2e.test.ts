import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { acceptance } from '@inkpost/acceptance/acceptance.module.js';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { mailIngest } from '@inkpost/mail-ingest/mail-ingest.module.js';
import { printSubmit } from '@inkpost/print-submit/print-submit.module.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceSet } from './service-set.js';

const ADA = 'ada@example.org';

interface Submitted {
  readonly status: number;
  readonly body: { readonly jobId: string; readonly jobState: string; readonly jobStateReason: string; readonly final: boolean; readonly problem: string | null; readonly pages: number | null };
}

let site: ServiceSet;
let printer: VirtualPrinter;
let certificate: string;
let token: string;
const removals: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await temporaryFolder('printed');
  removals.push(() => folder.remove());
  printer = await VirtualPrinter.start({ outputFolder: folder.path });
  removals.unshift(() => printer.stop());
  site = await ServiceSet.start([mailIngest, acceptance, guestAccount, printSubmit, domainSync, gateway]);
  removals.unshift(() => site.stop());
  const made = async (path: string, body: object) => {
    const answer = await site.rest.call('POST', path, body);
    expect([answer.status, answer.body], path).toMatchObject([201, {}]);
    return answer.body;
  };
  const { locationId } = await made('/api/v0/locations', { name: 'Lyon' });
  await made('/api/v0/queues', { queueId: 'held', name: 'Held', printerUri: printer.uri, locationId });
  await made('/api/v0/queues', { queueId: 'direct', name: 'Direct', printerUri: printer.uri, validation: false });
  await made('/api/v0/guests', { login: 'ada', addresses: [ADA], displayName: 'Ada Lovelace' });
  token = String((await made('/api/v0/api-tokens', { name: 'crm', rights: ['print-on-behalf'], expiresAt: new Date(Date.now() + 3_600_000).toISOString() }))['secret']);
  const der = Buffer.from(await (await fetch(`http://127.0.0.1:${site.ports.http}/api/v0/print-api-certificate`, { headers: { authorization: `Bearer ${site.rest.token ?? ''}` } })).arrayBuffer());
  certificate = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
});

afterAll(async () => {
  for (const remove of removals) await remove();
});

/** At the door, as another program calls it: it trusts the exported certificate alone. */
async function call(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: Buffer): Promise<Submitted> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: site.ports.dsp, ca: certificate, agent: false, method, path: `/print-api/v1${path}`, headers: { authorization: `Bearer ${token}`, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Submitted['body'] }));
    }).on('error', reject).end(body);
  });
}

const submit = (pdf: Buffer, job: object, headers: Readonly<Record<string, string>> = {}) => call('POST', '/jobs', { 'content-type': 'application/pdf', 'print-job': JSON.stringify({ user: { address: ADA }, target: { queueId: 'held' }, ...job }), ...headers }, pdf);
const job = async (jobId: string) => (await call('GET', `/jobs/${jobId}`)).body;
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 20_000, interval: 50 });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const onPaper = async () => Promise.all(printer.printed.map(async ({ path }) => sha256(await readFile(path))));

/** As its mail would tell it to the owner. */
async function codeFor(jobId: string): Promise<string> {
  const { rows: [row] } = await site.superuser.query<{ payload: { messageId: string; sealedPuk: string; owner: { address: string } } }>("SELECT payload FROM flow.message WHERE subject = 'print.job-held.v1' AND payload -> 'jobs' -> 0 ->> 'jobId' = $1", [jobId]);
  const { messageId, sealedPuk, owner } = row?.payload ?? { messageId: '', sealedPuk: '', owner: { address: '' } };
  return openSecret(parseMasterKey(site.masterKey), `puk:${messageId}:${owner.address}`, Buffer.from(sealedPuk, 'base64'));
}

describe('a document that a program hands in', () => {
  it('is held for its user, printed byte for byte when the user gives the code, and followed by the program to its end', async () => {
    const pdf = samplePdf({ pages: 3, sizeBytes: 2_000_000 });
    const { status, body: { jobId } } = await submit(pdf, { user: { login: 'ADA' }, target: { location: 'world/lyon' }, title: 'Contract.pdf', options: { copies: 2 } });
    expect(status).toBe(201);
    await eventually(() => job(jobId)).toMatchObject({ jobState: 'pending-held', jobStateReason: 'job-hold-until-specified', pages: 3, final: false });
    expect((await site.rest.call('POST', '/api/v0/release', { code: await codeFor(jobId) })).status).toBe(200);
    await eventually(() => job(jobId)).toMatchObject({ jobState: 'completed', final: true, problem: null });
    expect(await onPaper()).toContain(sha256(pdf));
    const { body: { messages } } = await site.rest.call('GET', `/api/v0/journey?job=${jobId}`);
    const [message] = messages as [{ subject: string; answer: string; steps: { step: string; detail: string }[] }];
    expect(message).toMatchObject({ subject: 'Contract.pdf', answer: expect.stringMatching(/^Printed: Contract\.pdf/) as string });
    expect(message.steps.slice(0, 4)).toMatchObject([{ step: 'submitted', detail: 'Contract.pdf was handed in by token:crm for ADA (2000000 bytes).' }, { step: 'document-accepted' }, { step: 'owner-found' }, { step: 'held' }]);
  });

  it('is printed at once on a queue that holds nothing, and once however often it is sent', async () => {
    const [pdf, key] = [samplePdf({ text: 'once' }), randomUUID()];
    const answers = await Promise.all([1, 2, 3].map(() => submit(pdf, { target: { queueId: 'direct' } }, { 'idempotency-key': key })));
    const ids = new Set(answers.map(({ body }) => body.jobId));
    expect([answers.map(({ status }) => status), ids.size]).toEqual([[201, 201, 201], 1]);
    await eventually(() => job([...ids][0] ?? '')).toMatchObject({ jobState: 'completed' });
    expect((await submit(pdf, { target: { queueId: 'direct' } }, { 'idempotency-key': key })).body).toMatchObject({ jobState: 'completed', final: true });
    expect((await onPaper()).filter((each) => each === sha256(pdf))).toHaveLength(1);
  });

  it('is canceled by the program while it is held', async () => {
    const { body: { jobId } } = await submit(samplePdf({ text: 'never' }), {});
    await eventually(() => job(jobId)).toMatchObject({ jobState: 'pending-held' });
    expect(await call('POST', `/jobs/${jobId}/cancel`)).toMatchObject({ status: 200, body: { jobState: 'canceled', jobStateReason: 'job-canceled-by-user', final: true } });
    expect((await call('POST', `/jobs/${jobId}/cancel`)).status).toBe(409);
  });

  it.each([
    [{ user: { login: 'nobody' } }, () => samplePdf(), 'no-account', 'No user with an e-mail address found with login: nobody'],
    [{ user: { address: 'nobody@example.org' } }, () => samplePdf(), 'no-account', 'No user found with e-mail address: nobody@example.org'],
    [{}, () => samplePdf({ sizeBytes: 50_000 }).subarray(0, 400), 'broken', 'The document is damaged or incomplete.'],
  ] as const)('that can\'t be printed says why: %j', async (more, pdf, reason, problem) => {
    const { body: { jobId } } = await submit(pdf(), more);
    await eventually(() => job(jobId)).toMatchObject({ jobState: 'aborted', jobStateReason: reason, problem, final: true });
    // Nobody is mailed: whoever handed it in was told.
    expect((await site.superuser.query("SELECT 1 FROM flow.message m JOIN mail_ingest.submission s ON s.message_id = m.journey_id WHERE s.job_id = $1 AND m.consumer = 'notification'", [jobId])).rowCount).toBe(0);
  });
});
