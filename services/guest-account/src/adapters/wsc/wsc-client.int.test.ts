import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINK_LOCAL_REFUSED } from '@inkpost/server-connection/address-rules.js';
import { SERVER_ANSWER_BYTES_MAX, SERVER_REFUSED_PAUSE_MS, SERVER_SIGN_IN_EVERY_MS } from '@inkpost/server-connection/limits.js';
import { LiveServer } from '../../user-management/live-server.js';
import { readGuest } from './wsc-answers.js';
import { WscClient } from './wsc-client.js';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

const ALL_RIGHTS = ['guests.read', 'guests.add', 'guests.edit', 'guests.delete'];
const SIGN_IN = 'POST /wsc/v1/session';
const FIND = { method: 'GET', path: '/wsc/v1/senders/ada%40example.org' } as const;

// A server that says what another version, a broken one or somebody else's might say.
let server: Server;
let answers: Map<string, Respond>;
let asked: string[];
let now: number;
let client: WscClient;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Respond => (_request, response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const answer = (what: string, respond: Respond) => answers.set(what, respond);
const signIn = (token: string, rights: readonly string[] = ALL_RIGHTS) => answer(SIGN_IN, json(201, { token, rights, expiresAt: '2030-01-01T00:00:00Z', passwordMustChange: false }));
const find = () => client.call(FIND);
const troubleOf = (call: Promise<unknown>) => call.then(() => 'none', (error: unknown) => (error instanceof Error ? error.message : String(error)));

beforeEach(async () => {
  [answers, asked, now] = [new Map(), [], 0];
  server = createServer((request, response) => {
    const what = `${request.method} ${request.url}`;
    asked.push(`${what}${request.headers.authorization ? ` ${request.headers.authorization}` : ''}`);
    (answers.get(what) ?? json(404, { detail: 'There is nothing at this path.' }))(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const settings = { address: '127.0.0.1', port: (server.address() as AddressInfo).port, secure: false, account: 'skyprint', certificateAuthority: '', certificateSha256: '' };
  client = new WscClient({ settings, password: () => 'secret', rules: LINK_LOCAL_REFUSED, now: () => now, callMaxMs: 300 });
  signIn('one');
});
afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

describe('the token', () => {
  beforeEach(() => answer('GET /wsc/v1/senders/ada%40example.org', json(200, { guest: null })));

  it('is asked for once, also by questions that come together, and kept', async () => {
    await Promise.all([find(), find(), find()]);
    await find();
    expect(asked.filter((what) => what === SIGN_IN)).toHaveLength(1);
    expect(asked.slice(1)).toEqual(Array.from({ length: 4 }, () => 'GET /wsc/v1/senders/ada%40example.org Bearer one'));
  });

  it('is asked for anew when it is refused, and the question with it', async () => {
    await find();
    answer('GET /wsc/v1/senders/ada%40example.org', (request, response) => json(request.headers.authorization === 'Bearer two' ? 200 : 401, { guest: null })(request, response));
    signIn('two');
    expect(await find()).toEqual({ guest: null });
    expect(asked.filter((what) => what === SIGN_IN)).toHaveLength(2);
  });

  it('is asked for anew where a right is missing, but not at once: rights come with a sign-in', async () => {
    await find();
    answer('GET /wsc/v1/senders/ada%40example.org', (request, response) => json(request.headers.authorization === 'Bearer two' ? 200 : 403, { detail: 'This needs the right "guests.read".' })(request, response));
    signIn('two');
    expect(await troubleOf(find())).toBe('The account does not have the necessary rights: A security profile on that server must give its account the rights to read, add, edit and delete guests. It says: This needs the right "guests.read".');
    now += SERVER_SIGN_IN_EVERY_MS;
    await find();
  });
});

describe('an account that is refused', () => {
  it('is left alone for a minute, or as long as the server says', async () => {
    const refused = 'connection to Watchdoc failed: The server refuses the account skyprint or its password: correct them.';
    answer(SIGN_IN, json(401, { detail: 'no' }));
    expect([await troubleOf(find()), await troubleOf(find())]).toEqual([refused, refused]);
    expect(asked).toHaveLength(1);
    now += SERVER_REFUSED_PAUSE_MS;
    answer(SIGN_IN, json(429, {}, { 'retry-after': '600' }));
    expect(await troubleOf(find())).toMatch(/takes no sign-in of skyprint from here for now/);
    now += 599_000;
    await troubleOf(find());
    expect(asked).toHaveLength(2);
    now += 1_000;
    signIn('one');
    answer('GET /wsc/v1/senders/ada%40example.org', json(200, { guest: null }));
    expect(await troubleOf(find())).toBe('none');
  });

  it('that has its first password still is said to', async () => {
    answer(SIGN_IN, json(201, { token: 'one', rights: [], passwordMustChange: true }));
    expect(await troubleOf(find())).toMatch(/^The account does not have the necessary rights: The account skyprint still has its first password there/);
  });

  it('that lacks rights is told which, unless it has them by now', async () => {
    signIn('one', ['guests.read', 'guests.edit']);
    answer('GET /wsc/v1/session', json(200, { rights: ['guests.read', 'guests.edit'] }));
    expect(await client.missingRights()).toEqual(['guests.add', 'guests.delete']);
    signIn('two');
    now += SERVER_SIGN_IN_EVERY_MS;
    expect(await client.missingRights()).toEqual([]);
  });
});

describe('what answers', () => {
  const GUEST = { accountId: 'a', address: 'ada@example.org', displayName: 'Ada', language: 'xx', locked: false, validFrom: null, notYet: false, validUntil: '2030-01-01T00:00:00Z', expired: false, renewed: true };

  it.each([
    ['500', json(500, { detail: 'Something went\nwrong here.' }), 'Unknown error: The server answers 500. It says: Something went wrong here.'],
    ['a redirection', json(302, {}, { location: 'http://169.254.169.254/' }), 'Unknown error: The server answers 302.'],
    ['503', json(503, { detail: 'Later.' }), 'connection to Watchdoc failed: The server can\'t answer now (503). It says: Later.'],
    ['no such path', json(404, {}), 'connection to Watchdoc failed: What answers there is no server for user management: is the port right? Usually it is 5756.'],
    ['silence', () => undefined, 'connection to Watchdoc failed: The server does not answer in time.'],
    ['half an answer, and then silence', (_request, response) => void response.writeHead(200).write('{'), 'connection to Watchdoc failed: The server does not answer in time.'],
    ['too much', (_request, response) => void response.writeHead(200).end(' '.repeat(SERVER_ANSWER_BYTES_MAX + 1)), 'Unknown error: What answers there says far more than was asked for: is it the right server?'],
    ['a cut answer', (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()), 'connection to Watchdoc failed: The server ended the connection: are port and the choice of a secure connection right?'],
    ['no HTTP', ({ socket }) => void socket.end('220 smtp.example.org ESMTP\r\n'), 'connection to Watchdoc failed: What answers there does not speak HTTP as it was asked to: are port and the choice of a secure connection right?'],
  ] satisfies [string, Respond, string][])('with %s is told of in the words of the status', async (_name, respond, trouble) => {
    answer('GET /wsc/v1/senders/ada%40example.org', respond);
    expect(await troubleOf(find())).toBe(trouble);
  });

  it.each([
    ['HTML', '<html>'], ['a list', []], ['nothing', undefined], ['no guest', {}], ['half a guest', { guest: { accountId: 'a', address: 'a@b.example' } }],
    ['no time', { guest: { ...GUEST, validUntil: 'tomorrow' } }], ['a number for a text', { guest: { ...GUEST, displayName: 7 } }],
  ])('with %s is of another version, and nobody is found or made by it', async (_name, body) => {
    answer('GET /wsc/v1/senders/ada%40example.org', (_request, response) => void response.writeHead(200).end(typeof body === 'string' ? body : JSON.stringify(body)));
    expect(await troubleOf(new LiveServer().run(async () => readGuest(await find())))).toBe('Unknown error: The server answers something else than was agreed: are both of the same version of Inkpost?');
  });

  it('as agreed is read', async () => {
    answer('GET /wsc/v1/senders/ada%40example.org', json(200, { guest: { ...GUEST, more: 'of a later version' } }));
    expect(readGuest(await find())).toEqual({ ...GUEST, language: '', validUntil: new Date('2030-01-01T00:00:00Z') });
  });

  it('over a kept connection that it ends just then is asked once more', async () => {
    answer('GET /wsc/v1/senders/ada%40example.org', json(200, { guest: null }));
    await find();
    let cuts = 1;
    answer('GET /wsc/v1/senders/ada%40example.org', (request, response) => {
      if (cuts-- > 0) request.socket.destroy();
      else json(200, { guest: null })(request, response);
    });
    expect(await troubleOf(find())).toBe('none');
  });
});

it('nothing is sent to a link-local address', async () => {
  const elsewhere = new WscClient({ settings: { address: '169.254.169.254', port: 80, secure: false, account: 'x', certificateAuthority: '', certificateSha256: '' }, password: () => 'secret', rules: LINK_LOCAL_REFUSED });
  expect(await troubleOf(elsewhere.server())).toMatch(/^connection to Watchdoc failed: 169\.254\.169\.254 is a link-local or metadata address.*Nothing was sent there\.$/);
  elsewhere.close();
});
