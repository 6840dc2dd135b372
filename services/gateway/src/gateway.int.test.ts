import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from './gateway.harness.js';
import { ownerAnswers, passwords, resetPasswords, seen } from './owner-answers.harness.js';
import { CheckingClient } from './rest.harness.js';

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start(ownerAnswers);
});

afterAll(() => harness?.stop());

beforeEach(() => {
  resetPasswords();
  client = new CheckingClient(harness.http);
});

async function signedIn(account = 'ada'): Promise<void> {
  expect((await client.signIn(account, passwords.get(account) ?? '')).status).toBe(201);
}

describe('a right', () => {
  it('is asked for before the body is read', async () => {
    await signedIn('reader');
    const { status, body } = await client.call('POST', '/api/v0/queues', '{not json');
    expect([status, body['detail']]).toEqual([403, 'This needs the right "configuration.write".']);
  });

  it('and the caller reach the owner, with the trace of the request', async () => {
    await signedIn();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers } = await client.call('GET', '/api/v0/queues', undefined, { traceparent });
    expect(headers.get('x-request-id')).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(headers.get('traceparent')).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-0[01]$/);
    expect([seen.actors.at(-1), seen.traceIds.at(-1)]).toEqual(['ada', '0af7651916cd43dd8448eb211c80319c']);
  });
});

describe('a wrong request', () => {
  beforeEach(() => signedIn());

  it('is told each wrong field at once, also one that nobody knows', async () => {
    const { status, headers, body } = await client.call('POST', '/api/v0/queues', { queueId: '', printerUri: 7, valdation: true });
    expect([status, headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect(body['errors']).toEqual([
      { field: 'queueId', reason: 'must not be empty' },
      { field: 'name', reason: 'is missing' },
      { field: 'printerUri', reason: 'must be text' },
      { field: 'valdation', reason: 'is not a known field' },
    ]);
  });

  it('is told what the owner finds wrong, by the same names', async () => {
    const { status, body } = await client.call('POST', '/api/v0/queues', { queueId: 'lobby', name: 'Lobby', printerUri: 'ftp://printer' });
    expect([status, body['errors']]).toEqual([400, [{ field: 'printerUri', reason: 'must start with ipp://, ipps://, http:// or https://' }]]);
  });

  it('is told of an unknown or wrong parameter', async () => {
    const { body } = await client.call('GET', '/api/v0/jobs?limit=0&jobState=printing&sort=asc');
    expect((body['errors'] as { field: string }[]).map(({ field }) => field)).toEqual(['jobState.0', 'limit', 'sort']);
  });

  it.each([
    ['{"queueId": "lobby",\n "name": }', 'The body is not JSON: value expected in line 2, column 10.'],
    ['{"password": "secret" "x"}', 'The body is not JSON: comma expected in line 1, column 23.'],
    ['', 'The body is empty.'],
  ])('is told where its JSON %j is malformed, without its text', async (json, detail) => {
    const { status, body } = await client.call('POST', '/api/v0/queues', json);
    expect([status, body['detail']]).toEqual([400, detail]);
  });

  it.each([
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a body in Latin-1', '{}', { 'content-type': 'application/json; charset=iso-8859-1' }, 415],
    ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 415],
    ['more than 1 MiB', JSON.stringify({ name: 'x'.repeat(1024 * 1024) }), {}, 413],
  ])('is refused for %s', async (_name, body, headers, status) => {
    expect((await client.call('POST', '/api/v0/queues', body, headers)).status).toBe(status);
  });

  it('is refused for more than 1 MiB that was not announced', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(64 * 1024));
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }).pipeThrough(limitTo(40));
    const response = await fetch(`${harness.http}/api/v0/queues`, { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json', authorization: `Bearer ${client.token}` } } as RequestInit);
    expect(response.status).toBe(413);
  });

  it('is told what there is: 404 for no path, 405 with the methods of a path, 400 for a broken one', async () => {
    expect((await client.call('GET', '/api/v0/nothing')).status).toBe(404);
    const wrongMethod = await client.call('DELETE', '/api/v0/queues');
    expect([wrongMethod.status, wrongMethod.headers.get('allow'), wrongMethod.headers.get('content-type')]).toEqual([405, 'GET, POST', 'application/problem+json']);
    const broken = await client.call('GET', '/api/v0/queues/%E0%A4%A');
    expect([broken.status, broken.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  it('must not change the identifier of a queue', async () => {
    const queue = { name: 'Lobby', printerUri: 'ipp://printer/ipp/print' };
    expect((await client.call('PUT', '/api/v0/queues/lobby', { ...queue, queueId: 'hall' })).body['errors']).toEqual([{ field: 'queueId', reason: 'must be lobby, as in the path' }]);
    expect((await client.call('PUT', '/api/v0/queues/lobby', { ...queue, queueId: 'lobby' })).body['queueId']).toBe('lobby');
  });
});

describe('a reference to what another owner has', () => {
  beforeEach(() => signedIn());

  const mailbox = (queueId: string) => ({ address: 'print@example.org', kind: 'smtp', queueId });
  const unknownQueue = (queueId: string) => [400, `There is no queue "${queueId}".`, [{ field: 'queueId', reason: 'names no queue: make it first, or choose another' }]];

  it('is refused at once where a mailbox names an unknown queue, by the field\'s name', async () => {
    const created = await client.call('POST', '/api/v0/mailboxes', mailbox('hall'));
    expect([created.status, created.body['detail'], created.body['errors']]).toEqual(unknownQueue('hall'));
    const changed = await client.call('PUT', '/api/v0/mailboxes/first', mailbox('hall'));
    expect([changed.status, changed.body['detail'], changed.body['errors']]).toEqual(unknownQueue('hall'));
    expect((await client.call('POST', '/api/v0/mailboxes', mailbox('lobby'))).status).toBe(201);
    expect((await client.call('PUT', '/api/v0/mailboxes/nowhere', mailbox('hall'))).status).toBe(404);
  });

  it('is no obstacle to a change of a mailbox whose queue is gone', async () => {
    expect((await client.call('PUT', '/api/v0/mailboxes/second', { ...mailbox('gone'), enabled: false })).body).toMatchObject({ queueId: 'gone', enabled: false });
    expect((await client.call('PUT', '/api/v0/mailboxes/second', mailbox('hall'))).status).toBe(400);
  });

  it('keeps a queue from being deleted while a mailbox prints to it', async () => {
    const { status, body } = await client.call('DELETE', '/api/v0/queues/lobby');
    expect([status, body['detail']]).toEqual([409, 'Mails to print@example.org are printed on the queue "lobby": give the mailboxes another one first.']);
    expect((await client.call('DELETE', '/api/v0/queues/hall')).status).toBe(204);
  });

  it('says that there is no mailbox, and its owner is not asked about its options', async () => {
    for (const path of ['finishing', 'acceptance-conditions']) expect((await client.call('GET', `/api/v0/mailboxes/nowhere/${path}`)).body['detail']).toBe('There is no mailbox "nowhere".');
    expect((await client.call('PUT', '/api/v0/mailboxes/nowhere/finishing', { useDefault: true })).status).toBe(404);
    expect((await client.call('POST', '/api/v0/acceptance-conditions/test', { address: 'ada@example.org', mailboxId: 'nowhere' })).status).toBe(404);
  });

  it('of options is told which of the two is missing', async () => {
    const fieldsOf = async (body: object) => ((await client.call('PUT', '/api/v0/mailboxes/first/finishing', body)).body['errors'] as { field: string }[]).map(({ field }) => field);
    expect(await fieldsOf({ colorMode: 'color' })).toEqual(['useDefault']);
    expect(await fieldsOf({ useDefault: false, colorMode: 'color' })).toEqual(['sides']);
    expect(await fieldsOf({ useDefault: false, sides: 'one-sided' })).toEqual(['colorMode']);
    expect(await fieldsOf({ useDefault: true, colorMode: 'sepia', sides: 'both' })).toEqual(['colorMode', 'sides']);
  });
});

describe('an owner\'s answer', () => {
  beforeEach(() => signedIn());

  it.each([
    ['GET', '/api/v0/queues/nowhere', undefined, 404, 'There is no queue "nowhere".'],
    ['POST', '/api/v0/queues', { queueId: 'taken', name: 'Taken', printerUri: 'ipp://printer' }, 409, 'There is a queue "taken" already.'],
    ['POST', '/api/v0/jobs/one/release', undefined, 409, 'The job is completed already.'],
  ] as const)('%s %s becomes a problem with its sentence', async (method, path, body, status, detail) => {
    const answer = await client.call(method, path, body);
    expect([answer.status, answer.body['detail']]).toEqual([status, detail]);
  });

  it('that is a mistake of its own is told to nobody', async () => {
    const { status, body } = await client.call('GET', '/api/v0/queues/broken');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toMatch(/secret|srv|stack/);
  });

  it('says where what was created is', async () => {
    const { status, headers } = await client.call('POST', '/api/v0/queues', { queueId: 'lobby', name: 'Lobby', printerUri: 'ipp://printer' });
    expect([status, headers.get('location')]).toEqual([201, '/api/v0/queues/lobby']);
  });

  it('is asked for by several states and by page', async () => {
    const { body } = await client.call('GET', '/api/v0/jobs?jobState=pending&jobState=pending-held&limit=7&cursor=abc');
    expect(body).toMatchObject({ jobs: [{ jobId: 'pending+pending-held', queueId: '7', fileName: 'abc' }], nextCursor: 'next' });
  });
});

describe('a release point', () => {
  it('needs no sign-in, only the code, and is known by its address', async () => {
    expect((await client.call('POST', '/api/v0/release', { code: ' GOOD ' })).body).toMatchObject({ outcome: 'released', jobs: [{ jobId: 'one' }] });
    expect(seen.releasePoints.at(-1)).toBe('anonymous@127.0.0.1');
    expect((await client.call('POST', '/api/v0/release', { code: 'USED' })).body['outcome']).toBe('nothing-waiting');
  });

  it('is told that a code is wrong, and when it is locked out', async () => {
    expect((await client.call('POST', '/api/v0/release', { code: 'BAD' })).status).toBe(422);
    const locked = await client.call('POST', '/api/v0/release', { code: 'LOCK' });
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([429, '60']);
  });

  it('learns of waiting documents neither address nor account', async () => {
    const { body } = await client.call('POST', '/api/v0/release/waiting', { code: 'GOOD' });
    expect(JSON.stringify(body)).toContain('letter.pdf');
    expect(JSON.stringify(body)).not.toMatch(/ada@example\.org|"17"/);
  });

  it('can\'t pretend to be elsewhere', async () => {
    await client.call('POST', '/api/v0/release', { code: 'GOOD' }, { 'x-forwarded-for': '203.0.113.9' });
    expect(seen.releasePoints.at(-1)).toBe('anonymous@127.0.0.1');
  });
});

describe('log levels', () => {
  it('change in every service at once, and in one alone (SKY-110)', async () => {
    await signedIn();
    const all = await client.call('PUT', '/api/v0/log-levels', { level: 'error' });
    expect((all.body['services'] as { level: string }[]).map(({ level }) => level)).toEqual(Array.from({ length: 7 }, () => 'error'));
    await client.call('PUT', '/api/v0/log-levels', { service: 'acceptance', level: 'fatal' });
    expect([harness.ownerLogs.get('acceptance')?.level, harness.ownerLogs.get('mail-ingest')?.level]).toEqual(['fatal', 'error']);
    await client.call('PUT', '/api/v0/log-levels', { level: 'fatal' });
    expect((await client.call('PUT', '/api/v0/log-levels', { level: 'loud' })).status).toBe(400);
  });
});

describe('an owner that is down', () => {
  it('is named in a 503, hides nobody else, and is found again', async () => {
    await harness.stopOwner('notification');
    await signedIn();
    const { status, headers, body } = await client.call('GET', '/api/v0/outgoing-mail');
    expect([status, headers.get('retry-after'), body['detail']]).toEqual([503, '5', 'The service notification does not answer. Try again in a moment.']);
    const levels = await client.call('GET', '/api/v0/log-levels');
    expect((levels.body['services'] as { service: string; level: string | null }[]).filter(({ level }) => level === null).map(({ service }) => service)).toEqual(['notification']);
    await harness.startOwner('notification');
    expect((await client.call('GET', '/api/v0/outgoing-mail')).body).toMatchObject({ host: 'mail.example.org' });
  });

  it('and one that never answers is given up after 10 seconds', async () => {
    await signedIn();
    const { status, headers, body } = await client.call('GET', '/api/v0/queues/stuck');
    expect([status, headers.get('retry-after'), body['detail']]).toEqual([503, '5', 'The service print-submit does not answer. Try again in a moment.']);
  });
});

function limitTo(chunks: number): TransformStream<Uint8Array, Uint8Array> {
  let count = 0;
  return new TransformStream({ transform: (chunk, controller) => (++count > chunks ? controller.terminate() : controller.enqueue(chunk)) });
}
