import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemError } from '@inkpost/suite/rest-client.js';
import type { Topology } from '@inkpost/suite/start-suite.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { CODE, DIRECT_MAILBOX, HELD_QUEUE, type Installation, install, MAILBOX } from './installation.js';

const fixture = (name: string) => readFile(new URL(`../fixtures/${name}`, import.meta.url));

async function problemOf(call: Promise<unknown>): Promise<ProblemError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProblemError)) throw new Error(`expected a problem, got ${String(error)}`);
  return error;
}

describe.each<Topology>(['all', 'processes'])('in the topology "%s"', (topology) => {
  let inkpost: Installation;

  beforeAll(async () => {
    inkpost = await install(topology);
  });

  afterAll(() => inkpost?.remove());

  it('prints a mailed PDF byte for byte when its code is given', async () => {
    const { messageId, sha256 } = await inkpost.mailPdf({ from: 'ada@example.org', text: 'The main job' });
    await inkpost.journeyWith(messageId, 'code-mailed');
    expect(inkpost.printer.printed.map((print) => print.sha256)).not.toContain(sha256);
    const code = await inkpost.codeFor('ada@example.org');
    await inkpost.rest.post('/api/v0/release', { code });
    const { steps, answer } = await inkpost.journeyWith(messageId, 'printed');
    expect(inkpost.printer.printed.filter((print) => print.sha256 === sha256)).toHaveLength(1);
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['received', 'sender-accepted', 'document-accepted', 'owner-created', 'held', 'code-mailed', 'released', 'sent-to-printer', 'printed']));
    expect(steps.map(({ step }) => step).filter((step) => step === 'printed')).toHaveLength(1);
    expect(answer).toMatch(/print/i);
  });

  it('bears one trace id from mail to paper, in the journey and in the logs of every service on the way', async () => {
    const { messageId } = await inkpost.mailPdf({ from: 'trace@example.org', to: DIRECT_MAILBOX, text: 'Traced' });
    const { traceId } = await inkpost.journeyWith(messageId, 'printed');
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    await expect
      .poll(async () => {
        const lines = (await readFile(inkpost.logFile, 'utf8')).split('\n').filter((line) => line.includes(traceId));
        return [...new Set(lines.map((line) => (JSON.parse(line) as { service: string }).service))].sort();
      })
      .toEqual(expect.arrayContaining(['acceptance', 'guest-account', 'mail-ingest', 'print-submit']));
  });

  it('prints at once on a queue without validation, and mails no code', async () => {
    const { messageId, sha256 } = await inkpost.mailPdf({ from: 'direct@example.org', to: DIRECT_MAILBOX, text: 'At once' });
    await inkpost.journeyWith(messageId, 'printed');
    expect(inkpost.printer.printed.filter((print) => print.sha256 === sha256)).toHaveLength(1);
    expect(inkpost.sink.mails.filter(({ to, text }) => to.includes('direct@example.org') && CODE.test(text))).toEqual([]);
  });

  it('refuses a sender that the conditions refuse, with the manual\'s text, and tells nobody (SKY-120)', async () => {
    for (const from of ['eve@example.org', 'mallory@elsewhere.test']) {
      const { messageId, sha256 } = await inkpost.mailPdf({ from, text: `Not from ${from}` });
      const { steps } = await inkpost.journeyWith(messageId, 'sender-refused');
      expect(JSON.stringify(steps)).toContain(`The job was submitted with a forbidden e-mail address: ${from}`);
      expect(inkpost.printer.printed.map((print) => print.sha256)).not.toContain(sha256);
    }
    expect(inkpost.sink.mails.filter(({ to }) => to.some((address) => /eve@|mallory@/.test(address)))).toEqual([]);
  });

  it('gives a forged sender neither an account nor a code nor a word, though the domain is accepted', async () => {
    const general = await inkpost.rest.get<Record<string, unknown>>('/api/v0/sender-authentication');
    await inkpost.rest.put('/api/v0/sender-authentication', { ...general, trustedServers: ['mx.inkpost.test'] });
    const results = 'mx.inkpost.test; dmarc=fail header.from=example.org';
    const mail = Buffer.from(`Authentication-Results: ${results}\r\nFrom: forged@example.org\r\n\r\n`).toString('base64');
    // mail-ingest hears of the change a moment later.
    await expect.poll(() => inkpost.rest.post('/api/v0/acceptance-conditions/lab', { mail })).toMatchObject({ mail: { senderAuthentication: 'fail', accepted: false } });
    const messageId = await inkpost.mail({ from: 'forged@example.org', to: MAILBOX, headers: { 'Authentication-Results': results }, attachments: [{ filename: 'a.pdf', content: samplePdf({ text: 'forged' }) }] });
    expect((await inkpost.journeyWith(messageId, 'not-told')).answer).toContain('that its domain disowns (DMARC): forged@example.org');
    expect(JSON.stringify(await inkpost.rest.get('/api/v0/guests?search=forged'))).not.toContain('forged@example.org');
    expect(inkpost.sink.mails.filter(({ to }) => to.includes('forged@example.org'))).toEqual([]);
    await inkpost.rest.put('/api/v0/sender-authentication', general);
  });

  it('says of a mail without a PDF why nothing was printed (SKY-125)', async () => {
    const messageId = await inkpost.mail({ from: 'ada@example.org', to: MAILBOX, attachments: [{ filename: 'notes.docx', content: Buffer.from('PK\u0003\u0004 not a pdf'), contentType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' }] });
    const { steps } = await inkpost.journeyWith(messageId, 'message-refused');
    expect(JSON.stringify(steps)).toMatch(/Job \[[0-9a-f-]{36}\] has an invalid\/unsupported mime type/);
  });

  it('prints the PDF of a mail whose other part is refused, and says which', async () => {
    const messageId = await inkpost.mail({
      from: 'mixed@example.org', to: MAILBOX,
      attachments: [{ filename: 'good.pdf', content: samplePdf({ text: 'Good' }) }, { filename: 'locked.pdf', content: await fixture('encrypted-user-password.pdf') }],
    });
    const { steps } = await inkpost.journeyWith(messageId, 'code-mailed');
    expect(JSON.stringify(steps)).toContain('encrypted');
    const mail = await inkpost.sink.waitFor(({ to }) => to.includes('mixed@example.org'));
    expect(mail.text).toContain('good.pdf');
    expect(mail.text).toContain('locked.pdf');
  });

  it.each([
    ['an encrypted PDF', async () => fixture('encrypted-user-password.pdf'), 'encrypted'],
    ['a broken PDF', async () => samplePdf().subarray(0, 300), 'broken'],
  ])('refuses %s with its reason', async (_name, content, reason) => {
    const messageId = await inkpost.mail({ from: 'ada@example.org', to: MAILBOX, attachments: [{ filename: 'bad.pdf', content: await content() }] });
    const { steps } = await inkpost.journeyWith(messageId, 'message-refused');
    expect(JSON.stringify(steps)).toContain(reason);
  });

  it('takes the first documents of a mail with 200 attachments and names the limit for the rest', async () => {
    const attachments = Array.from({ length: 200 }, (_, index) => ({ filename: `part-${index}.pdf`, content: samplePdf({ text: `Part ${index}` }) }));
    const messageId = await inkpost.mail({ from: 'many@example.org', to: MAILBOX, attachments });
    const { steps } = await inkpost.journeyWith(messageId, 'held');
    expect(JSON.stringify(steps)).toContain('too-many-documents');
    const { jobs } = await inkpost.rest.get<{ jobs: { ownerAddress: string }[] }>('/api/v0/jobs?limit=200');
    expect(jobs.filter(({ ownerAddress }) => ownerAddress === 'many@example.org')).toHaveLength(20);
  });

  it('refuses a 60 MB mail at the door (552) and goes on', async () => {
    const refusal = inkpost.mail({ from: 'big@example.org', to: MAILBOX, attachments: [{ filename: 'big.pdf', content: Buffer.alloc(44 * 1024 * 1024, 'x') }] });
    await expect(refusal).rejects.toMatchObject({ responseCode: 552 });
    await inkpost.mailPdf({ from: 'after@example.org', text: 'Still there' });
  });

  it('makes one guest of an unknown sender whose ten mails come together', async () => {
    const mails = await Promise.all(Array.from({ length: 10 }, (_, index) => inkpost.mailPdf({ from: 'ten@example.org', text: `Mail ${index}` })));
    for (const { messageId } of mails) await inkpost.journeyWith(messageId, 'held');
    const { guests } = await inkpost.rest.get<{ guests: unknown[] }>('/api/v0/guests?search=ten%40example.org');
    expect(guests).toHaveLength(1);
  });

  it('locks a release point out after wrong codes, and takes the right one later elsewhere', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 10; index += 1) statuses.push((await problemOf(inkpost.rest.post('/api/v0/release', { code: 'AAAA-AAAA' }))).status);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses[0]).not.toBe(429);
  });

  it('answers a wrong body with problem details that name each field (RFC 9457)', async () => {
    const { status, problem } = await problemOf(inkpost.rest.post('/api/v0/queues', { queueId: 'bad id!', printerUri: 'ftp://printer', valdation: true }));
    expect(status).toBe(400);
    expect(problem.errors?.map(({ field }) => field)).toEqual(expect.arrayContaining(['valdation']));
    const unknownQueue = await problemOf(inkpost.rest.get('/api/v0/queues/nowhere'));
    expect(unknownQueue.status).toBe(404);
  });

  it('changes the log level while it runs (SKY-110)', async () => {
    await inkpost.rest.put('/api/v0/log-levels', { level: 'debug' });
    const levels = await inkpost.rest.get<Record<string, unknown>>('/api/v0/log-levels');
    expect(JSON.stringify(levels)).toContain('debug');
    await inkpost.rest.put('/api/v0/log-levels', { level: 'info' });
  });

  it('shows no secret in any log: no code, no password', async () => {
    const code = await inkpost.codeFor('ada@example.org');
    const log = await readFile(inkpost.logFile, 'utf8');
    expect(log).not.toContain(code);
    expect(log).not.toContain(code.replace('-', ''));
    expect(log).not.toContain('Test-Passw0rd');
  });

  it('lists the queue with what it holds', async () => {
    const queue = await inkpost.rest.get<{ jobsHeld: number }>(`/api/v0/queues/${HELD_QUEUE}`);
    expect(queue.jobsHeld).toBeGreaterThan(0);
  });
});
