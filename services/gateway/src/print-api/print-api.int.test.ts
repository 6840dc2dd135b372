import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Code, ConnectError } from '@connectrpc/connect';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { PrintApiService, type SubmissionFacts, SubmissionService } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayHarness, type OwnerRoutes } from '../gateway.harness.js';
import { LIMITS } from '../limits.js';

const MB = 1024 * 1024;

interface Taken {
  readonly facts: SubmissionFacts;
  readonly by: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly largestPiece: number;
}

const taken: Taken[] = [];
const begun: string[] = [];
const brokenOff: string[] = [];
const jobs = new Map([['printed', { jobId: 'printed', jobState: 'completed', jobStateReason: 'job-completed-successfully', queueId: 'lobby', pages: 3, impressions: 6, sheets: 3, price: 120n, currency: 'EUR', finishing: { notApplied: ['colorMode'] } }]]);
const submissions = new Map(['printed', 'incoming', 'refused'].map((jobId) => [jobId, { jobId, queueId: 'lobby', idempotencyKey: `key of ${jobId}`, ...(jobId === 'refused' ? { refusedReason: 'no-account', refusedText: 'No user found with login: ada' } : {}) }]));
submissions.set('earlier', { jobId: 'earlier', queueId: 'moved-away', idempotencyKey: 'order-16' });
let outcome = 'taken';

/** Stand-ins for the owners: what they do with documents and jobs is theirs to test. */
const owners: OwnerRoutes = {
  'guest-account': (router) => router.service(SignInService, { signIn: ({ account }) => ({ outcome: 'signed-in', account: { name: account, login: account }, rights: account === 'clerk' ? ['jobs.read'] : ['print-on-behalf'] }), checkStanding: () => ({ outcome: 'stands' }) }),
  'mail-ingest': (router) => router.service(SubmissionService, {
    submitDocument: async (parts, context) => {
      const { actor: by } = authorize(context, 'print-on-behalf');
      const hash = createHash('sha256');
      let [facts, sizeBytes, largestPiece, isWhole]: [SubmissionFacts | undefined, number, number, boolean] = [undefined, 0, 0, false];
      try {
        for await (const { part } of parts) {
          if (part.case === 'facts') begun.push((facts = part.value).title);
          if (part.case === 'sizeBytes') isWhole = part.value === BigInt(sizeBytes);
          if (part.case !== 'piece') continue;
          hash.update(part.value);
          sizeBytes += part.value.length;
          largestPiece = Math.max(largestPiece, part.value.length);
        }
      } finally {
        if (!isWhole) brokenOff.push(facts?.title ?? '');
      }
      if (!facts) throw new ConnectError('facts: must come first', Code.InvalidArgument);
      taken.push({ facts, by, sha256: hash.digest('hex'), sizeBytes, largestPiece });
      return outcome === 'taken' || outcome === 'taken-before' ? { outcome, submission: { jobId: 'new', queueId: facts.queueId, idempotencyKey: facts.idempotencyKey } } : { outcome };
    },
    listSubmissions: ({ jobIds, idempotencyKey }) => ({ submissions: [...submissions.values()].filter((each) => jobIds.includes(each.jobId) || each.idempotencyKey === idempotencyKey) }),
  }),
  'print-submit': (router) => router.service(PrintApiService, {
    chooseQueue: ({ target }) => {
      if (target.case === 'queueId') return target.value === 'lobby' ? { outcome: 'found', queueId: 'lobby' } : { outcome: 'queue-unknown' };
      return target.value === 'World/Paris' ? { outcome: 'location-ambiguous', queueIds: ['p1', 'p2'] } : { outcome: 'location-unknown' };
    },
    listSubmittedJobs: ({ jobIds }) => ({ jobs: jobIds.flatMap((jobId) => jobs.get(jobId) ?? []) }),
    cancelSubmittedJob: () => ({}),
    findPrintQueues: () => ({ queues: [{ queueId: 'lobby', name: 'Lobby', validation: true, printerState: 'idle' }], nextCursor: 'lobby' }),
    listPrintLocations: () => ({ locations: [{ locationId: 'world', path: 'World' }] }),
  }),
};

let harness: GatewayHarness;
let root: Buffer;
let token = '';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
  readonly bytes: Buffer;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | Readable | string;
  readonly ca?: Buffer;
}

/** At the door, by a client that trusts nothing but the pinned certificate. */
async function call(path: string, { method = 'GET', headers = {}, body, ca = root }: Sent = {}): Promise<Answer> {
  const pem = `-----BEGIN CERTIFICATE-----\n${ca.toString('base64')}\n-----END CERTIFICATE-----\n`;
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, harness.dsp), { method, ca: pem, agent: false, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const bytes = Buffer.concat(chunks);
        const isJson = /[/+]json/.test(response.headers['content-type'] ?? '');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, body: isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {} });
      }).on('error', reject);
    }).on('error', reject);
    if (body instanceof Readable) body.on('error', () => outgoing.destroy()).pipe(outgoing);
    else outgoing.end(body);
  });
}

async function signIn(account: string): Promise<void> {
  const { body } = await call('/print-api/v1/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ account, password: 'x' }) });
  token = String(body['token']);
}

const pdf = samplePdf({ sizeBytes: 200_000 });
const details = (more: object = {}) => ({ user: { address: 'ada@example.org' }, target: { queueId: 'lobby' }, ...more });
const headersOf = (job: unknown, more: Readonly<Record<string, string>> = {}) => ({ 'content-type': 'application/pdf', 'print-job': typeof job === 'string' ? job : JSON.stringify(job), ...more });
const submit = (job: unknown = details(), body: Buffer | Readable = pdf, more: Readonly<Record<string, string>> = {}) => call('/print-api/v1/jobs', { method: 'POST', headers: headersOf(job, more), body });

beforeAll(async () => {
  harness = await GatewayHarness.start(owners);
  const pem = await readFile(join(harness.dataFolder, 'certificate', 'authority.pem'), 'utf8');
  root = new X509Certificate(pem).raw;
  await signIn('skyprint');
});

afterAll(() => harness?.stop());

describe('a document at the door', () => {
  it('goes through as a stream, with what its header says, and in the name of who signed in', async () => {
    const job = details({ user: { login: 'AD\\ada' }, title: 'R\u00E9sum\u00E9 \u2013 \u6587\u66F8.pdf', language: 'fr', options: { colorMode: 'monochrome', copies: 2 } });
    // oxlint-disable-next-line no-control-regex -- what is not ASCII is written as JSON allows
    const ascii = JSON.stringify(job).replaceAll(/[^\x00-\x7F]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const { status, headers, body } = await submit(ascii, pdf, { 'idempotency-key': 'order-17' });
    expect([status, headers['location']]).toEqual([201, '/print-api/v1/jobs/new']);
    expect(body).toMatchObject({ jobId: 'new', jobState: 'pending', jobStateReason: 'job-incoming', final: false, queueId: 'lobby', idempotencyKey: 'order-17' });
    expect(taken.at(-1)).toMatchObject({
      by: 'skyprint', sizeBytes: pdf.length, sha256: createHash('sha256').update(pdf).digest('hex'),
      facts: { idempotencyKey: 'order-17', queueId: 'lobby', user: { case: 'userLogin', value: 'AD\\ada' }, title: 'Résumé – 文書.pdf', language: 'fr', createGuest: false, options: { colorMode: 'monochrome', copies: 2 } },
    });
  });

  it('passes in pieces, however long it is, and takes little memory', async () => {
    const piece = randomBytes(256 * 1024);
    const before = process.memoryUsage.rss();
    let most = 0;
    const long = Readable.from((function* () {
      for (let sent = 0; sent < 48 * MB; sent += piece.length) {
        most = Math.max(most, process.memoryUsage.rss());
        yield piece;
      }
    })());
    expect((await submit(details(), long)).status).toBe(201);
    const { sizeBytes = 0, largestPiece = 0 } = taken.at(-1) ?? {};
    expect(sizeBytes).toBe(48 * MB);
    expect(largestPiece).toBeLessThan(MB);
    // Client, gateway and owner all run in this process.
    expect((most - before) / MB).toBeLessThan(120);
  });

  it('is refused before it is read where it may not come, and leaves the connection usable', async () => {
    const before = taken.length;
    const wrong = [
      [() => submit('{"user":'), 400, 'malformed-json'], [() => submit('{"user":{"login":"é"}}'), 400, 'malformed-json'],
      [() => call('/print-api/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/pdf' }, body: pdf }), 400, 'malformed-json'],
      [() => submit(details({ color: true })), 400, 'invalid-request'], [() => submit(details({ user: { login: 'a', address: 'b@c' } })), 400, 'invalid-request'],
      [() => submit(details(), pdf, { 'idempotency-key': 'two words' }), 400, 'invalid-request'], [() => submit(details(), pdf, { 'content-type': 'text/plain' }), 415, 'not-a-pdf'],
      [() => submit(details(), pdf, { 'content-encoding': 'gzip' }), 415, 'not-a-pdf'], [() => submit(details(), Buffer.alloc(LIMITS.documentBytesMax + 1)), 413, 'body-too-large'],
      [() => submit(details({ target: { queueId: 'nowhere' } })), 422, 'queue-unknown'], [() => submit(details({ target: { location: 'World/Atlantis' } })), 422, 'location-unknown'],
      [() => submit(details({ target: { location: 'World/Paris' } })), 422, 'location-ambiguous'],
    ] as const;
    for (const [send, status, kind] of wrong) {
      const answer = await send();
      expect([answer.status, answer.body['type']], kind).toEqual([status, `urn:inkpost:problem:${kind}`]);
    }
    expect(taken.length).toBe(before);
  });

  it('that turns out to be too long, or breaks off, is taken in by nobody', async () => {
    const before = taken.length;
    const endless = Readable.from((function* () {
      for (let sent = 0; sent <= LIMITS.documentBytesMax; sent += MB) yield Buffer.alloc(MB, '%PDF-');
    })());
    expect(await submit(details({ title: 'endless' }), endless)).toMatchObject({ status: 413, body: { type: 'urn:inkpost:problem:body-too-large' } });
    const broken = Readable.from((async function* () {
      yield pdf;
      await expect.poll(() => begun).toContain('broken');
      throw new Error('the client hangs up');
    })());
    await expect(submit(details({ title: 'broken' }), broken)).rejects.toThrow();
    await expect.poll(() => brokenOff).toEqual(expect.arrayContaining(['endless', 'broken']));
    expect(taken.length).toBe(before);
  });

  it.each([['key-reused', 422, 'key-reused'], ['not-a-pdf', 415, 'not-a-pdf'], ['too-large', 413, 'body-too-large'], ['taken-before', 201, undefined]])('that its owner finds %s is answered by %d', async (found, status, kind) => {
    outcome = found;
    const answer = await submit();
    outcome = 'taken';
    expect([answer.status, answer.body['type']]).toEqual([status, kind && `urn:inkpost:problem:${kind}`]);
  });

  it.each([[{ location: 'World/Paris' }, 'moved-away'], [{ queueId: 'gone' }, 'gone']])('that is sent again goes where it went, whatever is there by now: %j', async (target, queueId) => {
    expect((await submit(details({ target }))).status).toBe(422);
    const { status } = await submit(details({ target }), pdf, { 'idempotency-key': 'order-16' });
    expect([status, taken.at(-1)?.facts.queueId]).toEqual([201, queueId]);
  });

  it('is answered by 503 while its owner is away, and the client may send it again', async () => {
    await harness.stopOwner('mail-ingest');
    const { status, headers } = await submit();
    await harness.startOwner('mail-ingest');
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect((await submit()).status).toBe(201);
  });

  it('is answered by 503 where its owner dies in the midst of it', async () => {
    const dying = Readable.from((async function* () {
      yield pdf;
      await expect.poll(() => begun).toContain('dying');
      await harness.stopOwner('mail-ingest');
      for (let sent = 0; sent < 8 * MB; sent += MB) yield Buffer.alloc(MB);
    })());
    const { status, body } = await submit(details({ title: 'dying' }), dying);
    await harness.startOwner('mail-ingest');
    expect([status, body['type']]).toEqual([503, 'urn:inkpost:problem:unavailable']);
    expect((await submit()).status).toBe(201);
  });

  it('stands in the audit log by its job, without a word about its user', async () => {
    await submit();
    const { rows } = await harness.superuser.query<Record<string, string>>("SELECT * FROM gateway.audit_entry WHERE action = 'POST /print-api/v1/jobs' ORDER BY id DESC LIMIT 1");
    expect(rows).toMatchObject([{ actor: 'skyprint', outcome: 'done', object_id: 'new' }]);
    expect(JSON.stringify(rows)).not.toContain('ada@example.org');
  });
});

describe('jobs that were handed in', () => {
  it('tell what became of them, until it is final', async () => {
    const { body } = await call('/print-api/v1/jobs?jobId=printed&jobId=incoming&jobId=refused&jobId=strange');
    expect(body['jobs']).toMatchObject([
      { jobId: 'printed', jobState: 'completed', final: true, impressions: 6, price: 120, currency: 'EUR', notApplied: ['colorMode'] }, { jobId: 'incoming', jobState: 'pending', jobStateReason: 'job-incoming', final: false },
      { jobId: 'refused', jobState: 'aborted', jobStateReason: 'no-account', final: true, problem: 'No user found with login: ada' },
    ]);
    expect((await call('/print-api/v1/jobs?idempotencyKey=key%20of%20incoming')).body['jobs']).toMatchObject([{ jobId: 'incoming' }]);
    expect((await call('/print-api/v1/jobs')).body).toEqual({ jobs: [] });
    expect([(await call('/print-api/v1/jobs/printed')).status, (await call('/print-api/v1/jobs/strange')).status]).toEqual([200, 404]);
  });

  it('can\'t be canceled while they are taken in, nor once they are over', async () => {
    const cancel = async (jobId: string) => (await call(`/print-api/v1/jobs/${jobId}/cancel`, { method: 'POST' }));
    expect([(await cancel('incoming')).status, (await cancel('refused')).status, (await cancel('strange')).status]).toEqual([409, 409, 404]);
    expect((await cancel('incoming')).headers['retry-after']).toBe('2');
  });

  it('and queues, places and the description are there to be read', async () => {
    expect((await call('/print-api/v1/queues?search=lobby&limit=1')).body).toMatchObject({ queues: [{ queueId: 'lobby', capabilities: null }], nextCursor: 'lobby' });
    expect((await call('/print-api/v1/locations')).body).toEqual({ locations: [{ locationId: 'world', path: 'World' }] });
    expect((await call('/print-api/v1/openapi.json')).body).toMatchObject({ info: { title: 'Inkpost Print API' } });
  });

  it('are nobody\'s without the role', async () => {
    const own = token;
    await signIn('clerk');
    expect([(await submit()).status, (await call('/print-api/v1/jobs/printed')).status, (await call('/print-api/v1/queues')).status]).toEqual([403, 403, 403]);
    token = '';
    expect([(await submit()).status, (await call('/print-api/v1/queues')).status]).toEqual([401, 401]);
    token = own;
  });
});

describe('the certificate of the door', () => {
  it('is exported as DER, to administrators and at the door, and is all that a client needs to trust', async () => {
    const { bytes, headers, status } = await call('/print-api/v1/certificate');
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([200, 'application/pkix-cert', 'attachment; filename="print_api_cert.der"']);
    expect(bytes.equals(root)).toBe(true);
    expect(new X509Certificate(bytes).ca).toBe(true);
    expect((await fetch(`${harness.http}/api/v0/print-api-certificate`)).status).toBe(401);
  });

  it('is the same after a renewal, so that pins hold', async () => {
    await rm(join(harness.dataFolder, 'certificate', 'certificate.pem'));
    await harness.restart();
    expect((await call('/print-api/v1/session')).status).toBe(200);
  });
});
