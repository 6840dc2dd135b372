import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { acceptance } from '@inkpost/acceptance/acceptance.module.js';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { mailIngest } from '@inkpost/mail-ingest/mail-ingest.module.js';
import { TcpRelay } from '@inkpost/mail-ingest/tcp-relay.harness.js';
import { printSubmit } from '@inkpost/print-submit/print-submit.module.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { Spool } from '@inkpost/spool/spool.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceSet } from './service-set.js';

// Two installations: mails come in at one (branch), the other (hq) holds and prints. Between them real TLS, and a network that can break.

const PATH = '/api/v0/sending-server';
const ADA = 'ada@example.org';
const GRACE = 'grace@example.org';

interface Job {
  readonly jobId: string;
  readonly jobState: string;
  readonly jobStateReason: string;
  readonly problem: string | null;
  readonly queueId: string;
  readonly ownerAddress: string;
  readonly fileName: string;
}

let branch: ServiceSet;
let hq: ServiceSet;
let printer: VirtualPrinter;
let network: TcpRelay;
let pin: string;
const removals: (() => Promise<unknown>)[] = [];

const settings = (more: object = {}) => ({ address: 'localhost', port: network.port, account: 'skyprint', password: 'Sky-Passw0rd', pinnedCertificate: pin, ...more });
const status = async () => (await branch.rest.call('GET', PATH)).body['status'];
const put = async (more: object = {}) => {
  const answer = await branch.rest.call('PUT', PATH, settings(more));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};
const tryOut = async (more: object = {}) => {
  const { body } = await branch.rest.call('POST', `${PATH}/test`, { settings: settings(more) });
  const steps = body['steps'] as { step: string; outcome: string; text: string | null }[];
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  return { passed: body['passed'], outcomes: steps.map(({ step, outcome }) => `${step} ${outcome}`).join(', '), failed: failed && `${failed.step}: ${failed.text}` };
};
const jobsOf = async (site: ServiceSet, query = ''): Promise<Job[]> => (await site.rest.call('GET', `/api/v0/jobs?limit=200${query}`)).body['jobs'] as Job[];
const jobAt = async (site: ServiceSet, jobId: string): Promise<Partial<Job>> => (await site.rest.call('GET', `/api/v0/jobs/${jobId}`)).body;
const stateOf = async (jobId: string) => {
  const { jobState, jobStateReason } = await jobAt(branch, jobId);
  return `${jobState} ${jobStateReason}`;
};
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 20_000, interval: 50 });
/** The job there that a file was made. */
const thereOf = async (fileName: string): Promise<Job | undefined> => (await jobsOf(hq)).find((job) => job.fileName === fileName);
const release = async (fileName: string) => {
  await eventually(async () => (await thereOf(fileName))?.jobState).toBe('pending-held');
  expect((await hq.rest.call('POST', `/api/v0/jobs/${(await thereOf(fileName))?.jobId}/release`)).status).toBe(200);
};
const onPaper = async () => Promise.all(printer.printed.map(async ({ path }) => createHash('sha256').update(await readFile(path)).digest('hex')));

interface Mail { readonly owner?: string; readonly queueId?: string; readonly fileName: string; readonly bytes?: Buffer }

function resolved(messageId: string, queueId: string, owner: string, document: { readonly documentId: string; readonly sha256: string; readonly sizeBytes: number; readonly fileName: string }) {
  return {
    messageId, mailboxId: 'mailbox-1', queueId, subject: 'Please print', owner: { accountId: `account:${owner}`, directory: 'guests', address: owner, displayName: 'Ada Lovelace', language: 'fr' },
    documents: [{ ...document, pages: 1, documentFormat: 'application/pdf' }],
  };
}

/** A mail whose owner was found, as guest-account hands it on. */
async function mail({ owner = ADA, queueId = 'lobby', fileName, bytes = samplePdf({ text: fileName }) }: Mail): Promise<{ readonly messageId: string; readonly jobId: string; readonly sha256: string }> {
  const spool = new Spool(branch.poolOf('mail-ingest'), parseMasterKey(branch.masterKey), join(branch.folder, 'spool'));
  const { id, sha256, sizeBytes, wrappedKey } = await spool.write(Readable.from([bytes]), Number.MAX_SAFE_INTEGER);
  await branch.poolOf('mail-ingest').query(`SELECT spool.put($1, 'print_submit', now() + interval '30 days')`, [JSON.stringify([{ id, sha256, sizeBytes, wrappedKey }])]);
  const messageId = randomUUID();
  await branch.flowOf('guest-account').publish({
    journeyId: messageId, entries: [],
    publish: [{
      subject: 'account.owner-resolved.v1',
      payload: resolved(messageId, queueId, owner, { documentId: id, sha256, sizeBytes, fileName }),
    }],
  });
  await eventually(async () => (await branch.rest.call('GET', `/api/v0/jobs/${id}`)).status).toBe(200);
  return { messageId, jobId: id, sha256 };
}

async function prepareHq(): Promise<void> {
  const done = async (method: 'POST' | 'PUT', path: string, body: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await hq.rest.call(method, path, body);
    expect([answer.status < 300, answer.body], `${method} ${path}`).toMatchObject([true, {}]);
    return answer.body;
  };
  for (const [queueId, validation] of [['lobby', true], ['direct', false]] as const) await done('POST', '/api/v0/queues', { queueId, name: queueId, printerUri: printer.uri, validation });
  for (const address of [ADA, GRACE]) await done('POST', '/api/v0/guests', { addresses: [address], displayName: address });
  const { directoryId } = await done('POST', '/api/v0/directories', { name: 'SERVICE', kind: 'local' });
  const { accountId } = await done('POST', `/api/v0/directories/${String(directoryId)}/people`, { login: 'skyprint', displayName: 'Skyprint', addresses: ['skyprint@hq.example'], password: 'Sky-Passw0rd' });
  await done('PUT', '/api/v0/directories/meta', { name: 'META', kind: 'meta', meta: { members: [directoryId, 'guests'] } });
  await done('POST', '/api/v0/security-profiles', { name: 'Skyprint', description: 'Other installations', rights: ['print-on-behalf'], members: [{ name: '@skyprint' }] });
  expect(accountId).toBeDefined();
}

beforeAll(async () => {
  const folder = await temporaryFolder('printed');
  removals.push(() => folder.remove());
  printer = await VirtualPrinter.start({ outputFolder: folder.path });
  removals.push(() => printer.stop());
  [branch, hq] = await Promise.all([ServiceSet.start([guestAccount, printSubmit, mailIngest, domainSync, gateway]), ServiceSet.start([guestAccount, printSubmit, mailIngest, acceptance, domainSync, gateway])]);
  removals.push(() => branch.stop(), () => hq.stop());
  await prepareHq();
  network = await TcpRelay.to(hq.ports.dsp);
  removals.push(() => network.close());
  const exported = await fetch(`http://127.0.0.1:${hq.ports.http}/api/v0/print-api-certificate`, { headers: { authorization: `Bearer ${hq.rest.token}` } });
  pin = Buffer.from(await exported.arrayBuffer()).toString('base64');
});
afterAll(async () => {
  for (const remove of removals.toReversed()) await remove();
});

describe('the server used for sending documents', () => {
  it('is this one to begin with', async () => {
    expect(await branch.rest.call('GET', PATH)).toMatchObject({ status: 200, body: { documentsArePrinted: 'here', server: null, status: { state: 'operational', text: { en: 'Operational', fr: 'Opérationnel' }, problem: null } } });
    expect((await branch.rest.call('POST', `${PATH}/test`, {})).status).toBe(404);
    expect((await branch.rest.call('DELETE', PATH)).status).toBe(404);
  });

  it('is tried as far as connecting goes, whatever the account is (SKY-052)', async () => {
    expect(await tryOut()).toEqual({ passed: true, outcomes: 'dns passed, tcp passed, tls passed, server passed', failed: undefined });
    expect(await tryOut({ password: 'Wrong-Passw0rd' })).toMatchObject({ passed: true });
    expect(await tryOut({ pinnedCertificate: '' })).toMatchObject({ failed: expect.stringMatching(/^tls: The certificate of localhost is refused\./) as unknown });
    expect(await tryOut({ port: branch.ports.http, secure: false, pinnedCertificate: '' })).toMatchObject({ failed: expect.stringMatching(/^server: .*has no Print API: is the port right/) as unknown });
    const ownRoot = await fetch(`http://127.0.0.1:${branch.ports.http}/api/v0/print-api-certificate`, { headers: { authorization: `Bearer ${branch.rest.token}` } });
    expect(await tryOut({ pinnedCertificate: Buffer.from(await ownRoot.arrayBuffer()).toString('base64') })).toMatchObject({ failed: expect.stringContaining('not of the pinned authority') as unknown });
    // By whatever name it is reached, a pinned authority is enough.
    expect(await tryOut({ address: '127.0.0.2' })).toMatchObject({ failed: expect.not.stringMatching(/^tls/) as unknown });
  });

  it.each([
    ['address', { address: 'https://hq.example.org' }], ['port', { port: 0 }], ['account', { account: ' ' }], ['password', { password: '' }], ['certificateAuthority', { certificateAuthority: 'PEM' }],
    ['pinnedCertificate', { pinnedCertificate: Buffer.from('no certificate').toString('base64') }], ['pinnedCertificate', { secure: false }], ['queueId', { queueId: 'a/b' }], ['location', { queueId: 'lobby', location: 'World' }],
  ])('is refused with a wrong %s: %j', async (field, more) => {
    const { status: code, body } = await branch.rest.call('PUT', PATH, settings(more));
    expect([code, body['errors']]).toMatchObject([400, [{ field }]]);
  });

  it('is stored, its password is never shown, and the home page says how it is (SKY-036, SKY-038, SKY-035, EDG-06)', async () => {
    const body = await put();
    expect(body).toMatchObject({
      documentsArePrinted: 'on-server', status: { state: 'operational', text: { en: 'Operational' }, problem: null },
      server: { address: 'localhost', account: 'skyprint', passwordStored: true, version: 1, pinnedSha256: new X509Certificate(Buffer.from(pin, 'base64')).fingerprint256 },
    });
    expect(JSON.stringify(body)).not.toContain('Sky-Passw0rd');
    expect(await put({ password: 'Wrong-Passw0rd' })).toMatchObject({ status: { state: 'authentication-failed', text: { en: 'Authentication failed' }, problem: expect.stringContaining('refuses the account skyprint') as unknown } });
    expect(await put({ location: 'World/Nowhere' })).toMatchObject({ status: { state: 'unknown-location', text: { en: 'Unknown location', fr: 'Emplacement inconnu' } } });
    expect(await put({ queueId: 'none' })).toMatchObject({ status: { state: 'unknown-location', problem: 'There is no queue "none" on that server.' } });
    await put();
    const home = await branch.rest.call('GET', '/api/v0/home');
    expect(home).toMatchObject({
      status: 200, body: { documentServer: { documentsArePrinted: 'on-server', status: { state: 'operational' } }, userServer: { guestsAreKept: 'here' }, mailboxes: [], jobs: { pending: [], sent: [] }, missing: [] },
    });
  });
});

/** The two lists of the branch, as far as they name this file: SKY-045. */
async function listsOf(fileName: string) {
  const { body: { jobs } } = await branch.rest.call('GET', '/api/v0/home');
  const { pending, sent } = jobs as { pending: { documents: { fileName: string }[]; state: string; status: string; problem: string | null }[]; sent: { job: { fileName: string }; status: string }[] };
  return {
    pending: pending.filter(({ documents }) => documents.some((each) => each.fileName === fileName)).map(({ state, status, problem }) => [state, status, problem]),
    sent: sent.filter(({ job }) => job.fileName === fileName).map(({ status }) => status),
  };
}

describe('a mail', () => {
  it('is handed over, held and released there, printed once, and ends here with what the other server says; pending until then (SKY-045, SKY-123)', async () => {
    const { jobId, messageId, sha256 } = await mail({ fileName: 'häld.pdf' });
    await eventually(() => stateOf(jobId)).toBe('processing sending-print-api');
    expect(await listsOf('häld.pdf')).toEqual({ pending: [['under-way', 'SendingPrintApi', null]], sent: [] });
    await release('häld.pdf');
    await eventually(() => stateOf(jobId)).toBe('completed job-completed-successfully');
    expect(await onPaper()).toEqual([sha256]);
    expect(await thereOf('häld.pdf')).toMatchObject({ ownerAddress: ADA, queueId: 'lobby' });
    expect((await branch.journey(messageId)).map(({ step }) => step)).toEqual(['sending-to-server', 'sent-to-server', 'printed']);
    const { rows } = await branch.superuser.query('SELECT 1 FROM spool.document WHERE id = $1 AND wrapped_key IS NOT NULL', [jobId]);
    expect(rows).toEqual([]);
    // The other server counts it, and tells its owner.
    expect((await branch.superuser.query(`SELECT subject FROM flow.message WHERE journey_id = $1 AND consumer <> 'print_submit'`, [messageId])).rows).toEqual([]);
    expect((await branch.rest.call('GET', '/api/v0/home')).body).toMatchObject({ jobs: { pending: [], sent: [{ job: { jobId, queueId: '@server' }, status: 'Printed' }] } });
  });

  it('goes to the queue that the settings name, or to that of its mailbox; no such queue is waited for', async () => {
    const { jobId } = await mail({ queueId: 'missing', fileName: 'misdirected.pdf' });
    await eventually(() => stateOf(jobId)).toBe('pending location-unknown');
    expect(await jobAt(branch, jobId)).toMatchObject({ problem: expect.stringMatching(/^Unknown location: There is no queue "missing" here/) as unknown });
    // The queue of a mailbox needs not be here.
    expect((await branch.rest.call('POST', '/api/v0/mailboxes', { address: 'print@branch.example', kind: 'smtp', queueId: 'only-there' })).status).toBe(201);
    expect((await branch.rest.call('GET', '/api/v0/home')).body).toMatchObject({ mailboxes: [{ address: 'print@branch.example', queueId: 'only-there', kind: 'smtp', state: expect.any(String) as unknown }] });
    await put({ queueId: 'direct' });
    await branch.superuser.query('UPDATE print_submit.sent_job SET due_at = now()');
    await eventually(() => stateOf(jobId)).toBe('completed job-completed-successfully');
    await put();
  });

  it('of somebody whom nobody there knows is not printed, and its owner is told from here', async () => {
    const { jobId, messageId } = await mail({ owner: 'nobody@example.org', fileName: 'nobody.pdf' });
    await eventually(async () => (await jobAt(branch, jobId)).jobState).toBe('aborted');
    expect((await branch.superuser.query(`SELECT subject FROM flow.message WHERE journey_id = $1 AND consumer = 'notification'`, [messageId])).rows).toEqual([{ subject: 'print.job-aborted.v1' }]);
    expect((await jobAt(branch, jobId)).problem).toContain('nobody@example.org');
  });

  it('waits while the server is down, and is handed over once it is back: Discovery: cooldown (SKY-037)', async () => {
    await network.close();
    const waiting = await Promise.all([1, 2, 3].map((number) => mail({ queueId: 'direct', fileName: `waiting-${number}.pdf` })));
    for (const { jobId } of waiting) await eventually(() => stateOf(jobId)).toBe('pending server-unreachable');
    expect(await status()).toMatchObject({ state: 'cooldown', text: { en: 'Discovery: cooldown' }, problem: expect.stringContaining('refuses connections') as unknown });
    const before = printer.printed.length;
    await network.open();
    for (const { jobId } of waiting) await eventually(() => stateOf(jobId)).toBe('completed job-completed-successfully');
    expect(printer.printed.length - before).toBe(3);
    await eventually(status).toMatchObject({ state: 'operational' });
  });

  it('is there once however often the connection is cut, or this service dies', async () => {
    const before = printer.printed.length;
    const mails = await Promise.all(Array.from({ length: 12 }, (_, number) => mail({ queueId: 'direct', owner: ADA, fileName: `cut-${number}.pdf`, bytes: samplePdf({ text: `cut ${number} ${'x'.repeat(50_000)}` }) })));
    for (let cuts = 0; cuts < 6; cuts += 1) {
      await network.close();
      await network.open();
      if (cuts === 3) await branch.restart('print-submit');
    }
    for (const { jobId } of mails) await expect.poll(() => stateOf(jobId), { timeout: 45_000, interval: 100 }).toBe('completed job-completed-successfully');
    const printed = await onPaper();
    expect(printer.printed.length - before).toBe(12);
    for (const { sha256 } of mails) expect(printed.filter((each) => each === sha256)).toHaveLength(1);
  });

  it('whose answer was lost is still that one where the settings name another queue by now', async () => {
    const { jobId, sha256 } = await mail({ fileName: 'unanswered.pdf' });
    await eventually(async () => (await thereOf('unanswered.pdf'))?.jobState).toBe('pending-held');
    await eventually(() => stateOf(jobId)).toBe('processing sending-print-api');
    await put({ queueId: 'direct' });
    await branch.superuser.query(`UPDATE print_submit.sent_job SET there_job_id = NULL, due_at = now() WHERE job_id = $1`, [jobId]);
    await eventually(async () => (await branch.superuser.query('SELECT 1 FROM print_submit.sent_job WHERE job_id = $1 AND there_job_id IS NOT NULL', [jobId])).rowCount).toBe(1);
    await put();
    await release('unanswered.pdf');
    await eventually(() => stateOf(jobId)).toBe('completed job-completed-successfully');
    expect((await onPaper()).filter((each) => each === sha256)).toHaveLength(1);
  });

  it('that is canceled here is canceled there', async () => {
    const { jobId } = await mail({ fileName: 'unwanted.pdf' });
    await eventually(async () => (await thereOf('unwanted.pdf'))?.jobState).toBe('pending-held');
    expect((await branch.rest.call('POST', `/api/v0/jobs/${jobId}/cancel`)).status).toBe(200);
    await eventually(async () => (await jobAt(branch, jobId)).jobState).toBe('canceled');
    expect((await thereOf('unwanted.pdf'))?.jobState).toBe('canceled');
  });

  it('of somebody who is erased is canceled there, and the names go here', async () => {
    const { jobId } = await mail({ owner: GRACE, fileName: 'erased.pdf' });
    await eventually(async () => (await thereOf('erased.pdf'))?.jobState).toBe('pending-held');
    await branch.flowOf('guest-account').publish({ journeyId: randomUUID(), entries: [], publish: [{ subject: 'account.erased.v1', payload: { accountIds: [`account:${GRACE}`], addresses: [GRACE] } }] });
    await eventually(() => jobAt(branch, jobId)).toMatchObject({ jobState: 'canceled', ownerAddress: '', fileName: '' });
    expect((await thereOf('erased.pdf'))?.jobState).toBe('canceled');
  });

  it('that a former server may have is uncertain, and a person decides', async () => {
    const { jobId } = await mail({ fileName: 'elsewhere.pdf' });
    await eventually(() => stateOf(jobId)).toBe('processing sending-print-api');
    await branch.superuser.query(`UPDATE print_submit.sent_job SET server_id = 'another', due_at = now() WHERE job_id = $1`, [jobId]);
    await eventually(() => stateOf(jobId)).toBe('processing-stopped uncertain');
    expect((await branch.rest.call('POST', `/api/v0/jobs/${jobId}/confirm-printed`)).body).toMatchObject({ jobState: 'completed' });
  });
});

it('a document that is lost here is told of, and keeps no other one waiting', async () => {
  const { rows: [lost] } = await branch.superuser.query<{ id: string }>("SELECT gen_random_uuid() AS id");
  const messageId = randomUUID();
  await branch.flowOf('guest-account').publish({ journeyId: messageId, entries: [], publish: [{ subject: 'account.owner-resolved.v1', payload: resolved(messageId, 'direct', ADA, { documentId: lost?.id ?? '', sha256: '0'.repeat(64), sizeBytes: 10, fileName: 'lost.pdf' }) }] });
  await eventually(() => stateOf(lost?.id ?? '')).toBe('aborted document-lost');
  expect(await status()).toMatchObject({ state: 'operational' });
});

it('documents are printed here again once it is deleted', async () => {
  expect((await branch.rest.call('POST', '/api/v0/queues', { queueId: 'here', name: 'Here', printerUri: printer.uri, validation: false })).status).toBe(201);
  expect((await branch.rest.call('DELETE', PATH)).status).toBe(204);
  const { jobId } = await mail({ queueId: 'here', fileName: 'here.pdf' });
  await eventually(() => stateOf(jobId)).toBe('completed job-completed-successfully');
  expect(await thereOf('here.pdf')).toBeUndefined();
});
