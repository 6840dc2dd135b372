import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { CheckingClient } from '@inkpost/gateway/rest.harness.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { makePfxOf } from '@inkpost/testkit/make-pfx.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DIRECT_MAILBOX, HELD_QUEUE, type Installation, install, MAILBOX, PASSWORD } from './installation.js';

// Every resource once, at its real owner; each answer is checked against the gateway's own OpenAPI description.

let inkpost: Installation;
let client: CheckingClient;

beforeAll(async () => {
  inkpost = await install('all');
  client = new CheckingClient(`http://127.0.0.1:${inkpost.ports.http}`);
});

afterAll(() => inkpost?.remove());

beforeEach(async () => {
  if (!client.token) expect((await client.signIn('maintenance', PASSWORD)).status).toBe(201);
});

async function fieldsOf(method: 'POST' | 'PUT', path: string, body: unknown): Promise<string[]> {
  const answer = await client.call(method, path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(400);
  return ((answer.body['errors'] ?? []) as { field: string }[]).map(({ field }) => field);
}

async function id(answer: Promise<{ status: number; body: Readonly<Record<string, unknown>> }>, name: string): Promise<string> {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body[name]);
}

/** EDG-12 over REST: a mailbox follows the general conditions, or has its own, which are kept while it follows. */
async function ownConditions(mailboxId: string): Promise<void> {
  const path = `/api/v0/mailboxes/${mailboxId}/acceptance-conditions`;
  expect((await client.call('GET', path)).body).toMatchObject({ useDefault: true, acceptedDomains: ['example.org'], own: null });
  const own = { acceptedDomains: ['elsewhere.test', 'third.test'], unknownSender: 'refuse' };
  expect((await client.call('PUT', path, { useDefault: false, acceptedDomains: ['elsewhere.test;third.test'] })).body).toMatchObject({ useDefault: false, ...own, own });
  expect((await client.call('POST', '/api/v0/acceptance-conditions/test', { address: 'ada@example.org', mailboxId })).body).toMatchObject({ accepted: false, decidedBy: 'mailbox' });
  expect((await client.call('PUT', path, { useDefault: true })).body).toMatchObject({ useDefault: true, acceptedDomains: ['example.org'], own });
  expect((await client.call('PUT', path, { useDefault: false })).body).toMatchObject({ useDefault: false, ...own });
}

/** The same for finishing options. */
async function ownFinishing(mailboxId: string): Promise<void> {
  const path = `/api/v0/mailboxes/${mailboxId}/finishing`;
  const general = { colorMode: 'color', sides: 'one-sided', copies: 1, media: null, pageRanges: null };
  const own = { ...general, colorMode: 'monochrome', sides: 'two-sided-long-edge', copies: 2, pageRanges: '1-3' };
  expect((await client.call('GET', path)).body).toEqual({ useDefault: true, ...general, own: null });
  expect((await client.call('PUT', path, { useDefault: false, ...own })).body).toEqual({ useDefault: false, ...own, own });
  expect((await client.call('PUT', '/api/v0/finishing', { ...general, sides: 'two-sided-short-edge' })).body).toEqual({ ...general, sides: 'two-sided-short-edge' });
  expect((await client.call('PUT', path, { useDefault: true })).body).toEqual({ useDefault: true, ...general, sides: 'two-sided-short-edge', own });
  expect((await client.call('PUT', '/api/v0/finishing', general)).status).toBe(200);
  expect((await client.call('PUT', path, { useDefault: false })).body).toEqual({ useDefault: false, ...own, own });
  expect(await fieldsOf('PUT', '/api/v0/finishing', { colorMode: 'sepia', sides: 'one-sided' })).toEqual(['colorMode']);
}

describe('over REST, at the real owners', () => {
  it('a mailbox is made, shown without its password, changed, given conditions and options of its own, and deleted', async () => {
    const imap = { host: '127.0.0.1', port: 1, tls: 'none', user: 'print', password: 'Never-Sh0wn' };
    const settings = { address: 'second@inkpost.test', kind: 'imap', queueId: HELD_QUEUE, enabled: false, imap };
    const mailboxId = await id(client.call('POST', '/api/v0/mailboxes', settings), 'mailboxId');
    const path = `/api/v0/mailboxes/${mailboxId}`;
    const { body } = await client.call('GET', path);
    expect(body).toMatchObject({ address: 'second@inkpost.test', enabled: false, state: 'disabled', imap: { host: '127.0.0.1', port: 1, folder: 'INBOX' } });
    expect(JSON.stringify((await client.call('GET', '/api/v0/mailboxes')).body)).not.toContain('Never-Sh0wn');
    const { password: _, ...withoutPassword } = imap;
    expect((await client.call('PUT', path, { ...settings, afterProcessing: 'flag', imap: withoutPassword })).body).toMatchObject({ afterProcessing: 'flag' });
    expect((await client.call('POST', '/api/v0/mailboxes', settings)).status).toBe(409);
    expect(await fieldsOf('POST', '/api/v0/mailboxes', { ...settings, address: 'no address' })).toEqual(['address']);

    expect(await fieldsOf('POST', '/api/v0/mailboxes', { ...settings, address: 'third@inkpost.test', queueId: 'nowhere' })).toEqual(['queueId']);
    await ownConditions(mailboxId);
    await ownFinishing(mailboxId);

    expect((await client.call('DELETE', path)).status).toBe(204);
    for (const gone of [path, `${path}/acceptance-conditions`, `${path}/finishing`]) expect((await client.call('GET', gone)).status).toBe(404);
  });

  it('an address is tried against conditions before they are saved (SKY-073)', async () => {
    const { body: refused } = await client.call('POST', '/api/v0/acceptance-conditions/test', { address: 'eve@example.org' });
    expect(refused).toMatchObject({ accepted: false, decidedBy: 'general', statusText: 'The job was submitted with a forbidden e-mail address: eve@example.org' });
    const draft = { acceptedAddresses: ['eve@example.org'] };
    expect((await client.call('POST', '/api/v0/acceptance-conditions/test', { address: 'eve@example.org', draft })).body).toMatchObject({
      accepted: true, decidedBy: 'draft', statusText: null, report: expect.arrayContaining(['Is it an accepted address? Yes: eve@example.org.']) as string[],
    });
    expect((await client.call('GET', '/api/v0/acceptance-conditions')).body).toMatchObject({ refusedAddresses: ['eve@example.org'] });
    expect(await fieldsOf('PUT', '/api/v0/acceptance-conditions', { acceptedDomains: ['ok.test', 'not a domain'] })).toEqual([expect.stringContaining('acceptedDomains')]);
  });

  it('rules are tried with real mails, and sender authentication is set in general and for a mailbox', async () => {
    const lab = (body: object) => client.call('POST', '/api/v0/acceptance-conditions/lab', body);
    const mail = (header: string) => Buffer.from(`${header}\r\nSubject: try\r\n\r\n`).toString('base64');
    expect((await lab({ mail: mail('From: eve@example.org\r\nList-Id: <l.example.org>'), draft: { acceptedDomains: ['example.org'] } })).body).toMatchObject({
      past: null, mail: { sender: 'eve@example.org', accepted: true, rule: 'accepted domain example.org', senderAuthentication: 'none', automaticSign: 'list-id' },
    });
    expect((await lab({ mail: mail('From: a@example.org, b@example.org'), days: 30 })).body).toMatchObject({ past: { nowRefused: 0, nowAccepted: 0, changed: [] }, mail: { sender: null, senderProblem: 'from-ambiguous', accepted: false } });
    expect(await fieldsOf('POST', '/api/v0/acceptance-conditions/lab', {})).toEqual(['days']);
    expect(await fieldsOf('POST', '/api/v0/acceptance-conditions/lab', { mail: 'A'.repeat(700_004) })).toEqual(['mail']);

    const path = `/api/v0/mailboxes/${String((await client.call('GET', '/api/v0/mailboxes')).body['mailboxes']?.[0 as never]?.['mailboxId' as never])}/sender-authentication`;
    const strict = { mode: 'require', trustedServers: ['mx.example.org'], trustedRelays: ['192.0.2.0/24'] };
    expect((await client.call('GET', path)).body).toMatchObject({ useDefault: true, mode: 'report', own: null });
    expect((await client.call('PUT', path, { useDefault: false, ...strict })).body).toMatchObject({ useDefault: false, ...strict, own: strict });
    expect((await client.call('PUT', path, { useDefault: true })).body).toMatchObject({ useDefault: true, mode: 'report', own: strict });
    const { body: general } = await client.call('GET', '/api/v0/sender-authentication');
    expect((await client.call('PUT', '/api/v0/sender-authentication', general)).body).toEqual(general);
    expect(await fieldsOf('PUT', '/api/v0/sender-authentication', { mode: 'report', trustedRelays: ['everybody'] })).toEqual(['trustedRelays']);
  });

  it('a guest is added, found, changed with its version, and erased', async () => {
    const accountId = await id(client.call('POST', '/api/v0/guests', { addresses: ['grace@example.org'], displayName: 'Grace', validUntil: '2099-01-01T00:00:00Z' }), 'accountId');
    const path = `/api/v0/guests/${accountId}`;
    const { body: guest } = await client.call('GET', path);
    expect(guest).toMatchObject({ login: 'grace@example.org', addresses: ['grace@example.org'], state: 'active', origin: 'administrator', validUntil: '2099-01-01T00:00:00.000Z', locked: false });
    const change = { addresses: ['grace@example.org'], displayName: 'Grace H.', language: 'fr' };
    expect((await client.call('PUT', path, { ...change, version: guest['version'] })).body).toMatchObject({ displayName: 'Grace H.', language: 'fr', validUntil: null });
    expect((await client.call('PUT', path, { ...change, version: guest['version'] })).status).toBe(409);
    expect((await client.call('POST', '/api/v0/guests', { addresses: ['GRACE@example.org'] })).status).toBe(409);
    await id(client.call('POST', '/api/v0/guests', { addresses: ['grace.two@example.org'] }), 'accountId');
    const first = await client.call('GET', '/api/v0/guests?search=grace&limit=1');
    const second = await client.call('GET', `/api/v0/guests?search=grace&limit=1&cursor=${encodeURIComponent(String(first.body['nextCursor']))}`);
    const found = [first, second].flatMap(({ body }) => (body['guests'] as { addresses: string[] }[]).flatMap(({ addresses }) => addresses));
    expect(found.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['grace.two@example.org', 'grace@example.org']);
    expect((await client.call('DELETE', path)).status).toBe(204);
    expect((await client.call('GET', path)).status).toBe(404);
  });

  it('guests are imported, exported, and changed and erased together', async () => {
    const csv = 'Login;Full name;Email;Dynamic Group;PUK code\nfair1;One;one@fair.example;fair;1234\nfair2;Two;two@fair.example;fair;5678\n';
    expect((await client.call('POST', '/api/v0/guests/import', { csv, dryRun: true })).body).toMatchObject({ imported: false, added: 2, notes: [expect.stringContaining('"PUK code" is left out')] });
    expect((await client.call('POST', '/api/v0/guests/import', { csv })).body).toMatchObject({ imported: true, added: 2, lines: [{ line: 2, login: 'fair1', outcome: 'added', problem: null }, {}] });
    const listed = await client.call('GET', '/api/v0/guests?group=fair&sort=name&direction=descending');
    expect(listed.body).toMatchObject({ guests: [{ login: 'fair2', origin: 'import', state: 'active' }, { login: 'fair1' }], nextCursor: null });
    const exported = await client.call('GET', '/api/v0/guests/export?group=fair');
    expect(exported.body['text']).toContain('fair1,One,one@fair.example,fair,');
    const filter = { group: 'fair' };
    const change = { validity: { from: '2099-05-01T00:00:00Z', until: '2099-05-04T00:00:00Z' } };
    expect((await client.call('POST', '/api/v0/guests/change', { filter, change, dryRun: true })).body).toEqual({ found: 2, changed: false });
    expect((await client.call('POST', '/api/v0/guests/change', { filter, change, expectedCount: 1 })).status).toBe(409);
    expect((await client.call('POST', '/api/v0/guests/change', { filter, change, expectedCount: 2 })).body).toEqual({ found: 2, changed: true });
    expect((await client.call('GET', '/api/v0/guests?group=fair&state=not-yet')).body['guests']).toHaveLength(2);
    expect((await client.call('POST', '/api/v0/guests/erase', { filter: {} })).body).toMatchObject({ status: 400 });
    expect((await client.call('POST', '/api/v0/guests/erase', { filter, expectedCount: 2 })).body).toEqual({ found: 2, changed: true });
    expect((await client.call('GET', '/api/v0/guests?group=fair')).body['guests']).toEqual([]);
  });

  it('a queue is added, changed and removed, and a wrong one is told field by field', async () => {
    expect(await id(client.call('POST', '/api/v0/queues', { queueId: 'hall', name: 'Hall', printerUri: inkpost.printer.uri }), 'queueId')).toBe('hall');
    expect((await client.call('PUT', '/api/v0/queues/hall', { name: 'Great hall', printerUri: inkpost.printer.uri, holdHours: 5 })).body).toMatchObject({ queueId: 'hall', name: 'Great hall', holdHours: 5, validation: true });
    expect(await fieldsOf('POST', '/api/v0/queues', { queueId: 'bad id!', name: 'Bad', printerUri: 'ipp://printer' })).toEqual(['queueId']);
    expect(await fieldsOf('POST', '/api/v0/queues', { queueId: 'bad', name: 'Bad', printerUri: 'ftp://printer' })).toEqual(['printerUri']);
    expect((await client.call('POST', '/api/v0/queues', { queueId: 'hall', name: 'Hall', printerUri: inkpost.printer.uri })).status).toBe(409);
    expect((await client.call('DELETE', `/api/v0/queues/${HELD_QUEUE}`)).body['detail']).toContain(`printed on the queue "${HELD_QUEUE}"`);
    expect((await client.call('DELETE', '/api/v0/queues/hall')).status).toBe(204);
    expect((await client.call('GET', '/api/v0/queues/hall')).status).toBe(404);
  });

  it('a job is seen, released with its code or without, or canceled', async () => {
    const [coded, managed, canceled] = [await inkpost.mailPdf({ from: 'coded@example.org', text: 'Coded' }), await inkpost.mailPdf({ from: 'managed@example.org', text: 'Managed' }), await inkpost.mailPdf({ from: 'canceled@example.org', text: 'Canceled' })];
    const jobs = await Promise.all([coded, managed, canceled].map(async ({ messageId }) => (await inkpost.journeyWith(messageId, 'held')).steps.find(({ step }) => step === 'held') as { documentId: string }));
    const [codedJob, managedJob, canceledJob] = jobs.map(({ documentId }) => documentId);
    expect((await client.call('GET', `/api/v0/jobs/${codedJob}`)).body).toMatchObject({
      jobState: 'pending-held', ownerAddress: 'coded@example.org', fileName: 'document.pdf', pages: 1,
      finishing: { colorMode: 'color', sides: 'one-sided', decidedBy: 'general', notApplied: [] },
    });

    expect((await client.call('POST', `/api/v0/jobs/${managedJob}/finishing`, { copies: 2 })).body).toMatchObject({ finishing: { copies: 2, decidedBy: 'administrator' }, impressions: 2, sheets: 2, countedBy: 'pages' });
    expect(await fieldsOf('POST', `/api/v0/jobs/${managedJob}/finishing`, { pageRanges: '2' })).toEqual(['pageRanges']);

    const code = await inkpost.codeFor('coded@example.org');
    expect((await client.call('POST', '/api/v0/release/waiting', { code })).body['jobs']).toMatchObject([{ jobId: codedJob, fileName: 'document.pdf' }]);
    expect((await client.call('POST', '/api/v0/release', { code: code.toLowerCase(), jobIds: [codedJob] })).body).toMatchObject({ outcome: 'released', jobs: [{ jobId: codedJob }] });
    const printed = await inkpost.journeyWith(coded.messageId, 'printed');
    expect(printed.answer).toBe('Printed: document.pdf on Lobby.');

    expect((await client.call('POST', `/api/v0/jobs/${managedJob}/release`)).status).toBe(200);
    await inkpost.journeyWith(managed.messageId, 'printed');
    expect((await client.call('POST', `/api/v0/jobs/${managedJob}/release`)).status).toBe(409);
    expect((await client.call('POST', `/api/v0/jobs/${canceledJob}/cancel`)).body).toMatchObject({ jobState: 'canceled' });
    const { answer } = await inkpost.journeyWith(canceled.messageId, 'canceled');
    expect(answer).toMatch(/^Not printed: document\.pdf/);
    expect((await client.call('POST', `/api/v0/jobs/${canceledJob}/confirm-printed`)).status).toBe(409);
    const done = await client.call('GET', '/api/v0/jobs?jobState=completed&jobState=canceled&limit=2');
    expect((done.body['jobs'] as { jobState: string }[]).map(({ jobState }) => jobState)).toEqual(expect.arrayContaining(['canceled', 'completed']));
    await expect.poll(async () => (await client.call('GET', '/api/v0/statistics')).body).toMatchObject({ jobs: 2, pages: 3 });
    const { body: server } = await client.call('GET', '/api/v0/statistics/server');
    expect(server).toMatchObject({ lastHour: { printed: 2, mailsRefused: expect.any(Number) }, lastDay: { printed: 2 }, waiting: { uncertain: 0 } });
    const [from, to] = [Date.now() - 86_400_000, Date.now() + 86_400_000].map((time) => new Date(time).toISOString());
    const byQueue = await client.call('GET', `/api/v0/statistics/prints?by=queue&from=${from?.slice(0, 10)}&to=${to?.slice(0, 10)}`);
    expect(byQueue.body).toMatchObject({ total: { jobs: 2, impressions: 3 } });
    const csv = await client.call('GET', `/api/v0/statistics/prints.csv?from=${from}&to=${to}`);
    expect(String(csv.body['text']).trim().split('\r\n').length).toBe(3);
  });

  it('the options of the mailbox that a mail came to reach the printer', async () => {
    const { body } = await client.call('GET', '/api/v0/mailboxes');
    const { mailboxId } = (body['mailboxes'] as { address: string; mailboxId: string }[]).find(({ address }) => address === DIRECT_MAILBOX) ?? {};
    const path = `/api/v0/mailboxes/${mailboxId}/finishing`;
    await client.call('PUT', path, { useDefault: false, colorMode: 'monochrome', sides: 'two-sided-short-edge' });
    const mail = await inkpost.mailPdf({ to: DIRECT_MAILBOX, text: 'On both sides' });
    const { steps } = await inkpost.journeyWith(mail.messageId, 'printed');
    expect(steps.find(({ step }) => step === 'released')?.detail).toBe('document.pdf was released on Direct: the queue asks for no code; it is to be printed in monochrome and on both sides, turned on the short edge.');
    const printed = inkpost.printer.printed.find(({ sha256 }) => sha256 === mail.sha256);
    expect(printed?.attributes).toMatchObject([{ name: 'sides', values: [{ value: 'two-sided-short-edge' }] }, { name: 'print-color-mode', values: [{ value: 'monochrome' }] }]);
    expect((await client.call('PUT', path, { useDefault: true })).body).toMatchObject({ colorMode: 'color', sides: 'one-sided' });
  });

  it('the outgoing mail server is shown without its password and tried', async () => {
    const { body } = await client.call('GET', '/api/v0/outgoing-mail');
    expect(body).toMatchObject({ host: '127.0.0.1', port: inkpost.sink.port, passwordStored: false });
    expect((await client.call('POST', '/api/v0/outgoing-mail/test', { to: 'admin@example.org' })).body).toMatchObject({ sent: true });
    await inkpost.sink.waitFor(({ to }) => to.includes('admin@example.org'));
    expect(await fieldsOf('PUT', '/api/v0/outgoing-mail', { host: '127.0.0.1', fromAddress: 'no address' })).toEqual(['fromAddress']);
  });

  it('a mailbox is tested, gets a mail from itself, and its conversation is written down', async () => {
    const { body: { mailboxes } } = await client.call('GET', '/api/v0/mailboxes');
    const { mailboxId } = (mailboxes as { mailboxId: string; address: string }[]).find(({ address }) => address === DIRECT_MAILBOX) ?? { mailboxId: '' };
    const path = `/api/v0/mailboxes/${mailboxId}`;
    expect((await client.call('POST', `${path}/test`)).body).toMatchObject({ passed: true, steps: [{ step: 'listener', outcome: 'passed' }, { step: 'address', outcome: 'passed' }] });
    const imap = { host: '127.0.0.1', port: 1, tls: 'none', password: 'Never-Sh0wn' };
    const tested = await client.call('POST', '/api/v0/mailboxes/test', { settings: { address: 'second@inkpost.test', kind: 'imap', queueId: HELD_QUEUE, imap } });
    expect(tested.body).toMatchObject({ passed: false, steps: [{ step: 'dns', outcome: 'passed' }, { step: 'tcp', outcome: 'failed' }, { outcome: 'not-run' }, {}, {}, {}] });

    expect((await client.call('PUT', `${path}/trace`, { minutes: 5 })).body).toMatchObject({ active: true, startedBy: 'maintenance' });
    // Inkpost delivers to its own door.
    const outgoing = { host: '127.0.0.1', tls: 'none', fromAddress: MAILBOX, fromName: 'Inkpost' };
    await client.call('PUT', '/api/v0/outgoing-mail', { ...outgoing, port: inkpost.ports.smtp });
    const canaryId = await id(client.call('POST', `${path}/canary`), 'canaryId');
    const latest = async () => ((await client.call('GET', `${path}/canary`)).body['canaries'] as { canaryId: string; state: string; mailedAt: string | null; latencyMs: number }[])[0];
    await expect.poll(latest, { timeout: 20_000 }).toMatchObject({ canaryId, state: 'arrived', mailedAt: expect.any(String), latencyMs: expect.any(Number) });
    await client.call('PUT', '/api/v0/outgoing-mail', { ...outgoing, port: inkpost.sink.port });
    expect((await client.call('GET', path)).body).toMatchObject({ problem: null, canary: { state: 'arrived' } });
    expect((await client.call('GET', `/api/v0/journey/${canaryId}`)).body).toMatchObject({ answer: expect.stringContaining('never printed. It came in') });

    await expect.poll(async () => (await client.call('GET', `${path}/trace/log`)).body['text']).toMatch(/C: RCPT TO:<direct@inkpost\.test>/);
    expect((await client.call('DELETE', `${path}/trace`)).body).toMatchObject({ active: false });
    expect((await client.call('PUT', `${path}/canary`, { everyMinutes: 15 })).body).toEqual({ everyMinutes: 15 });
    expect((await client.call('PUT', `${path}/canary`, { everyMinutes: null })).body).toEqual({ everyMinutes: null });
  });

  it('the server is named, and tells on the door between servers what it is (WD-022, WD-030)', async () => {
    expect((await client.call('PUT', '/api/v0/server', { name: 'Head office' })).body).toEqual({ name: 'Head office' });
    const { body } = await client.call('GET', '/api/v0/server');
    expect(body).toMatchObject({ name: 'Head office', role: 'single', serverId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    const ca = await readFile(join(dirname(inkpost.logFile), 'data', 'certificate', 'certificate.pem'), 'utf8');
    const told = await new Promise<string>((resolve, reject) => {
      request({ host: '127.0.0.1', port: inkpost.ports.dsp, path: '/watchdoc/server', ca, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text));
      }).on('error', reject).end();
    });
    expect(JSON.parse(told)).toMatchObject({ serverId: body['serverId'], name: 'Head office', role: 'single' });
  });

  it('a certificate is installed, an administrator is mailed that it ends soon, and it goes again (SKY-099, V-08)', async () => {
    for (const event of ['certificate-expiring', 'certificate-expired']) {
      expect((await client.call('PUT', `/api/v0/notification-events/${event}`, { enabled: true, targets: ['server-desk@example.org'] })).status).toBe(200);
    }
    const certificate = await makeCertificate({ commonName: 'print.example.org', names: ['DNS:print.example.org'], validTo: new Date(Date.now() + 5 * 86_400_000) });
    const pfx = (await makePfxOf(certificate)).toString('base64');
    expect((await client.call('PUT', '/api/v0/server-certificate', { pfx, password: 'secret' })).body).toMatchObject({ installed: { subject: 'CN=print.example.org', state: 'expires-soon', installedBy: 'maintenance' } });
    const mail = await inkpost.sink.waitFor(({ to }) => to.includes('server-desk@example.org'));
    expect(mail.text).toContain('CN=print.example.org');
    expect((await client.call('DELETE', '/api/v0/server-certificate')).status).toBe(204);
    expect((await client.call('GET', '/api/v0/server-certificate')).body).toMatchObject({ installed: null });
  });

  it('rights are given by profiles and roles, hold for people and programs, and end with them', async () => {
    const directoryId = await id(client.call('POST', '/api/v0/directories', { name: 'AGENCY', kind: 'local' }), 'directoryId');
    const person = { login: 'skyprint', addresses: ['skyprint@agency.test'], groups: ['Print admins'], password: 'Paper-2026' };
    const accountId = await id(client.call('POST', `/api/v0/directories/${directoryId}/people`, person), 'accountId');
    // WSC-007, WSC-008: the manual's own example.
    const rights = ['configuration.read', 'configuration.write', 'guests.read', 'guests.add', 'guests.edit', 'guests.delete'];
    const profileId = await id(client.call('POST', '/api/v0/security-profiles', { name: 'Admin_Skyprint', rights, members: [{ name: 'Print admins', directoryId }] }), 'profileId');
    const skyprint = new CheckingClient(`http://127.0.0.1:${inkpost.ports.http}`);
    expect((await skyprint.signIn('agency\\SkyPrint', 'Paper-2026')).body).toMatchObject({ account: 'AGENCY\\skyprint', rights });
    expect([(await skyprint.call('GET', '/api/v0/guests')).status, (await skyprint.call('GET', '/api/v0/jobs')).status, (await skyprint.call('GET', '/api/v0/roles')).status]).toEqual([200, 403, 403]);

    // WD-016, and effective at the next sign-in (WSC-009).
    expect((await client.call('PUT', '/api/v0/roles/print-on-behalf', { members: [{ directoryId, login: 'skyprint' }] })).body).toMatchObject({ members: [{ accountId, login: 'skyprint' }] });
    expect((await skyprint.call('GET', '/api/v0/session')).body['rights']).toEqual(rights);
    expect((await skyprint.signIn('AGENCY\\skyprint', 'Paper-2026')).body['rights']).toEqual([...rights, 'print-on-behalf']);
    // Nobody hands out rights that they lack, least of all to themselves.
    const managersId = await id(client.call('POST', '/api/v0/security-profiles', { name: 'Managers', rights: ['rights.manage'], members: [{ name: 'Managers' }] }), 'profileId');
    expect((await skyprint.call('PUT', `/api/v0/directories/${directoryId}/people/${accountId}`, { ...person, groups: ['Managers'] })).body['type']).toBe('urn:inkpost:problem:right-missing');
    expect((await skyprint.call('POST', '/api/v0/guests', { login: 'me', group: 'managers', password: 'Mine-2026' })).body['type']).toBe('urn:inkpost:problem:right-missing');

    const program = new CheckingClient(`http://127.0.0.1:${inkpost.ports.http}`);
    const made = await client.call('POST', '/api/v0/api-tokens', { name: 'Registration desk', rights: ['guests.read'], expiresAt: new Date(Date.now() + 86_400_000).toISOString() });
    program.token = String(made.body['secret']);
    expect([(await program.call('GET', '/api/v0/guests')).status, (await program.call('POST', '/api/v0/guests', { addresses: ['new@agency.test'] })).status]).toEqual([200, 403]);
    expect((await program.call('GET', '/api/v0/session')).body).toMatchObject({ account: 'token:Registration desk', kind: 'api-token' });
    expect((await client.call('DELETE', `/api/v0/api-tokens/${String(made.body['tokenId'])}`)).status).toBe(204);
    expect((await program.call('GET', '/api/v0/guests')).status).toBe(401);

    expect((await client.call('PUT', '/api/v0/security-profiles/system-administration', { name: 'System administration', rights: ['jobs.read'] })).body['errors']).toMatchObject([{ field: 'rights' }]);
    expect((await skyprint.call('PUT', '/api/v0/password', { currentPassword: 'Paper-2026', newPassword: 'Other-2027' })).status).toBe(204);
    expect((await skyprint.call('GET', '/api/v0/guests')).status).toBe(401);
    for (const path of [`/api/v0/security-profiles/${profileId}`, `/api/v0/security-profiles/${managersId}`, `/api/v0/directories/${directoryId}`]) expect((await client.call('DELETE', path)).status).toBe(204);
  });

  it('every service can be asked for its log level', async () => {
    const { body } = await client.call('GET', '/api/v0/log-levels');
    expect((body['services'] as { problem: string | null }[]).map(({ problem }) => problem)).toEqual(Array.from({ length: 7 }, () => null));
  });

  it('every owner takes the right that the gateway declares for a reading route', async () => {
    const { body } = await client.call('GET', '/api/v0/openapi.json');
    const paths = Object.entries(body['paths'] as Record<string, Record<string, unknown>>).filter(([path, methods]) => 'get' in methods && !path.includes('{') && path !== '/metrics' && !path.startsWith('/api/v0/session/oidc'));
    expect(paths.length).toBeGreaterThan(12);
    // What a domain replicates is only told within one.
    const withoutDomain = ['/api/v0/domain/replication', '/api/v0/domain/maintenance'];
    for (const [path] of paths) expect((await client.call('GET', path)).status, path).toBe(withoutDomain.includes(path) ? 409 : 200);
  });

  it('wrong passwords are refused, then lock out; a changed password ends the sessions', async () => {
    const other = new CheckingClient(`http://127.0.0.1:${inkpost.ports.http}`);
    expect((await other.signIn('nobody', 'wrong')).status).toBe(401);
    expect(await fieldsOf('PUT', '/api/v0/password', { currentPassword: PASSWORD, newPassword: 'weak' })).toEqual(['newPassword']);
    expect((await client.call('PUT', '/api/v0/password', { currentPassword: PASSWORD, newPassword: `${PASSWORD}-2` })).status).toBe(204);
    expect((await client.call('GET', '/api/v0/queues')).status).toBe(401);
    client.token = undefined;
    expect((await client.signIn('maintenance', `${PASSWORD}-2`)).status).toBe(201);
    const audit = await client.call('GET', '/api/v0/audit?limit=2');
    expect(audit.body['entries']).toMatchObject([{ actor: 'maintenance', action: 'POST /api/v0/session', outcome: 'done' }, { actor: 'maintenance', action: 'PUT /api/v0/password', outcome: 'done' }]);
    const statuses: number[] = [];
    for (let index = 0; index < 12; index += 1) statuses.push((await other.signIn('maintenance', 'Wrong-Passw0rd')).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  });
});
