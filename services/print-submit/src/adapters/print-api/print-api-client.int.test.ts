import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINK_LOCAL_REFUSED } from '@inkpost/server-connection/address-rules.js';
import { SERVER_ANSWER_BYTES_MAX } from '@inkpost/server-connection/limits.js';
import type { JobToSend } from '../../ports/print-server.port.js';
import type { SendingSettings } from '../../sending-server/sending-settings.js';
import { asTrouble } from '../../sending-server/sending-status.js';
import { PrintApiClient } from './print-api-client.js';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

const BYTES = Buffer.from('%PDF-1.7 a document');
const JOB = { jobId: 'there-1', jobState: 'pending', jobStateReason: 'job-incoming', final: false, problem: null, pages: null, impressions: null, sheets: null };

// A server that says what another version, a broken one or somebody else's might say.
let server: Server;
let answers: Map<string, Respond>;
let received: { readonly what: string; readonly headers: IncomingMessage['headers']; body: string }[];
let client: PrintApiClient;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Respond => (_request, response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const answer = (what: string, respond: Respond) => answers.set(what, respond);
const job = (more: Partial<JobToSend> = {}): JobToSend => ({
  jobId: 'here-1', mailboxQueueId: 'lobby', ownerAddress: 'ada@example.org', language: 'fr', title: 'Lettre d’été.pdf', sizeBytes: BYTES.length,
  options: { colorMode: 'color', sides: 'one-sided', copies: 1, media: '', pageRanges: '' }, open: async () => (async function* () { yield BYTES; })(), ...more,
});
const open = (more: Partial<SendingSettings> = {}) => new PrintApiClient({
  settings: { address: '127.0.0.1', port: (server.address() as AddressInfo).port, secure: false, account: 'skyprint', certificateAuthority: '', pinnedCertificate: '', queueId: '', location: '', createGuests: false, ...more },
  password: () => 'secret', rules: LINK_LOCAL_REFUSED, callMaxMs: 300,
});
const troubleOf = (call: Promise<unknown>) => call.then(() => 'none', (error: unknown) => asTrouble(error).message);

beforeEach(async () => {
  [answers, received] = [new Map(), []];
  server = createServer((request, response) => {
    const what = `${request.method} ${request.url?.split('?')[0]}`;
    const entry = { what, headers: request.headers, body: '' };
    received.push(entry);
    request.on('data', (chunk: Buffer) => (entry.body += chunk.toString()));
    (answers.get(what) ?? json(404, { detail: 'There is nothing at this path.' }))(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  answer('POST /print-api/v1/session', json(201, { token: 'one', account: 'SERVICE\\skyprint', rights: ['print-on-behalf'], passwordMustChange: false }));
  answer('GET /print-api/v1/session', json(200, { rights: ['print-on-behalf'] }));
  answer('GET /print-api/v1/locations', json(200, { locations: [{ locationId: 'world', path: 'World' }] }));
  answer('GET /watchdoc/server', json(200, { serverId: 'hq', name: 'Headquarters', version: '1' }));
  answer('POST /print-api/v1/jobs', (request, response) => request.on('end', () => json(201, JOB)(request, response)));
  client = open();
});
afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

describe('a document', () => {
  it('is sent as it is read, with its id as the key, for its owner, in ASCII', async () => {
    expect(await client.submitter()).toEqual({ serverId: 'hq', account: 'SERVICE\\skyprint' });
    expect(await client.send(job())).toMatchObject({ kind: 'taken', job: { jobId: 'there-1', final: false } });
    const sent = received.at(-1);
    expect(sent).toMatchObject({ what: 'POST /print-api/v1/jobs', body: BYTES.toString(), headers: { 'idempotency-key': 'here-1', 'content-type': 'application/pdf', authorization: 'Bearer one' } });
    expect(JSON.parse(String(sent?.headers['print-job']))).toEqual({ user: { address: 'ada@example.org', create: false }, target: { queueId: 'lobby' }, title: 'Lettre d’été.pdf', language: 'fr', options: job().options });
    expect(sent?.headers['print-job']).toMatch(/^[\x20-\x7e]+$/);
  });

  it.each([
    [{ queueId: 'fixed' }, { queueId: 'fixed' }], [{ location: 'World/Lyon' }, { location: 'World/Lyon' }],
  ])('goes where the settings say: %j', async (settings, target) => {
    client.close();
    client = open(settings);
    await client.send(job({ language: 'de' }));
    expect(JSON.parse(String(received.at(-1)?.headers['print-job']))).toMatchObject({ target });
  });

  it('is sent once more, whole, where the sign-in was over', async () => {
    await client.submitter();
    let tokens = 0;
    answer('POST /print-api/v1/session', (request, response) => json(201, { token: `new-${tokens += 1}`, account: 'x', rights: [], passwordMustChange: false })(request, response));
    answer('POST /print-api/v1/jobs', (request, response) => request.on('end', () => (request.headers.authorization === 'Bearer new-1' ? json(201, JOB) : json(401, {}))(request, response)));
    expect(await client.send(job())).toMatchObject({ kind: 'taken' });
    expect(received.filter(({ what }) => what === 'POST /print-api/v1/jobs').map(({ body }) => body)).toEqual([BYTES.toString(), BYTES.toString()]);
  });

  it('that is refused before it was read whole is refused all the same', async () => {
    answer('POST /print-api/v1/jobs', json(413, { detail: 'The document must have at most 5 bytes.' }, { connection: 'close' }));
    const endless = async () => (async function* () { for (let count = 0; count < 2_000; count += 1) yield Buffer.alloc(65_536); })();
    expect(await client.send(job({ sizeBytes: 2_000 * 65_536, open: endless }))).toEqual({ kind: 'refused', problem: 'The document must have at most 5 bytes.' });
  });

  it.each([
    [422, { type: 'urn:x:key-reused', detail: 'Another document.' }, { kind: 'refused', problem: 'Another document.' }],
    [422, { type: 'urn:x:location-unknown', detail: 'Unknown location.' }, { kind: 'misdirected', problem: 'Unknown location.' }],
    [415, { detail: 'No PDF.' }, { kind: 'refused', problem: 'No PDF.' }], [400, {}, { kind: 'refused', problem: 'The server answers 400.' }],
  ])('with %i %j is %j', async (status, body, outcome) => {
    answer('POST /print-api/v1/jobs', json(status, body));
    expect(await client.send(job())).toEqual(outcome);
  });

  it.each([
    ['500', json(500, { detail: 'Something went\nwrong here.' }), 'Unknown error: The server answers 500. It says: Something went wrong here.'],
    ['503', json(503, { detail: 'Later.' }), 'Discovery: cooldown: The server can\'t answer now (503). It says: Later.'],
    ['403', json(403, { detail: 'This needs the right "print-on-behalf".' }), 'The account does not have the necessary rights: Its account must have a role there that gives it print-on-behalf. It says: This needs the right "print-on-behalf".'],
    ['no such path', json(404, {}), 'Discovery: cooldown: What answers there has no Print API: is the port right? Usually it is 5753.'],
    ['a cut', ({ socket }) => void socket.destroy(), 'Discovery: cooldown: The server ended the connection: are port and the choice of a secure connection right?'],
    ['something else', json(201, { id: 7 }), 'Unknown error: The server answers something else than was agreed: are both of the same version of Inkpost?'],
    ['too much', (_request, response) => void response.writeHead(201).end(' '.repeat(SERVER_ANSWER_BYTES_MAX + 1)), 'Unknown error: What answers there says far more than was asked for: is it the right server?'],
  ] satisfies [string, Respond, string][])('with %s may be there or not, and waits', async (_name, respond, trouble) => {
    answer('POST /print-api/v1/jobs', respond);
    expect(await troubleOf(client.send(job()))).toBe(trouble);
  });

  it('whose source fails is not there, and the server hears of it as a cut', async () => {
    const failing = async () => (async function* () { yield BYTES; throw new Error('the spool is gone'); })();
    expect(await troubleOf(client.send(job({ sizeBytes: 1_000, open: failing })))).toContain('the spool is gone');
  });
});

it('jobs are asked for together, and those of others are left out', async () => {
  answer('GET /print-api/v1/jobs', json(200, { jobs: [{ ...JOB, jobState: 'completed', final: true, pages: 2, impressions: 2, sheets: 1 }] }));
  expect(await client.find(['there-1', 'there-2'])).toEqual(new Map([['there-1', { ...JOB, problem: '', jobState: 'completed', final: true, pages: 2, impressions: 2, sheets: 1 }]]));
  expect(await client.find([])).toEqual(new Map());
});

it('what was taken in is found by the key that it was sent with', async () => {
  answer('GET /print-api/v1/jobs', (request, response) => json(200, { jobs: request.url?.endsWith('?idempotencyKey=here-1') ? [JOB] : [] })(request, response));
  expect([await client.findTaken('here-1'), await client.findTaken('here-2')]).toEqual([{ ...JOB, problem: '' }, undefined]);
});

it('a look says what is wrong with account or place', async () => {
  expect(await client.findTrouble()).toBeUndefined();
  answer('GET /print-api/v1/locations', json(200, { locations: [] }));
  expect(await client.findTrouble()).toMatchObject({ state: 'unknown-location', problem: 'That server has no location: configure at least one there.' });
  answer('GET /print-api/v1/session', json(200, { rights: [] }));
  expect(await client.findTrouble()).toMatchObject({ state: 'rights-missing' });
  answer('POST /print-api/v1/session', json(401, {}));
  expect(await troubleOf(open().findTrouble())).toBe('Authentication failed: The server refuses the account skyprint or its password: correct them.');
});
