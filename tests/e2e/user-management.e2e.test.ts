import { X509Certificate } from 'node:crypto';
import { TcpRelay } from '@inkpost/mail-ingest/tcp-relay.harness.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuestDesk } from './guest-desk.js';
import { PASSWORD } from './installation.js';

// Two installations: one keeps the guests (WSC), the other takes the mails. Between them real TLS, and a network that can break.

const PATH = '/api/v0/user-management-server';
const CONNECTION_FAILED = { state: 'connection-failed', text: { en: 'connection to Watchdoc failed', fr: 'la connexion à watchdoc a échoué' } };
const RIGHTS_MISSING = { state: 'rights-missing', text: { en: 'The account does not have the necessary rights', fr: 'Le compte n\'a pas les droits nécessaires' } };

let keeper: GuestDesk;
let desk: GuestDesk;
let network: TcpRelay;

const settings = (more: object = {}) => ({ address: 'localhost', port: network.port, account: 'maintenance', password: PASSWORD, certificateAuthority: keeper.certificate, ...more });
const status = async () => (await desk.rest.call('GET', PATH)).body['status'];
const put = async (more: object = {}) => {
  const answer = await desk.rest.call('PUT', PATH, settings(more));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};
const tryOut = async (more: object = {}) => {
  const { body } = await desk.rest.call('POST', `${PATH}/test`, { settings: settings(more) });
  const steps = body['steps'] as { step: string; outcome: string; text: string | null }[];
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  return { passed: body['passed'], outcomes: steps.map(({ step, outcome }) => `${step} ${outcome}`).join(', '), failed: failed && `${failed.step}: ${failed.text}` };
};
const ownerOf = async (messageId: string) => {
  const { subject, payload } = await desk.outcome(messageId);
  expect([subject, payload]).toMatchObject(['account.owner-resolved.v1', {}]);
  return payload['owner'] as { accountId: string };
};
const refusalOf = async (messageId: string) => {
  const { subject, payload } = await desk.outcome(messageId);
  expect(subject).toBe('account.owner-refused.v1');
  return payload['statusText'];
};

beforeAll(async () => {
  [keeper, desk] = [await GuestDesk.open(), await GuestDesk.open()];
  network = await TcpRelay.to(keeper.ports.wsc);
});
afterAll(async () => {
  await desk?.close();
  await network?.close();
  await keeper?.close();
});

describe('the server used for user management', () => {
  it('is this one to begin with, and that is operational', async () => {
    expect(await desk.rest.call('GET', PATH)).toMatchObject({ status: 200, body: { guestsAreKept: 'here', server: null, status: { state: 'operational', text: { en: 'Operational', fr: 'Opérationnel' }, problem: null } } });
    expect((await desk.rest.call('POST', `${PATH}/test`, {})).status).toBe(404);
    expect((await desk.rest.call('DELETE', PATH)).status).toBe(404);
  });

  it('is tried before it is stored: the way, the server, the account', async () => {
    expect(await tryOut()).toEqual({ passed: true, outcomes: 'dns passed, tcp passed, tls passed, server passed, sign-in passed, rights passed', failed: undefined });
    expect(await tryOut({ certificateAuthority: '' })).toMatchObject({ passed: false, failed: expect.stringMatching(/^tls: The certificate of localhost is refused\. It comes from the authority "Inkpost authority of .* unknown here/) as unknown });
    expect(await tryOut({ password: 'Wrong-Passw0rd' })).toMatchObject({ failed: expect.stringMatching(/^sign-in: connection to Watchdoc failed: The server refuses the account maintenance or its password/) as unknown });
    expect(await tryOut({ port: desk.ports.http })).toMatchObject({ failed: expect.stringMatching(/^tls: /) as unknown });
    expect(await tryOut({ port: desk.ports.http, secure: false, certificateAuthority: '' })).toMatchObject({ failed: expect.stringMatching(/^server: .*What answers there is no server for user management: is the port right/) as unknown });
    expect(await tryOut({ secure: false, certificateAuthority: '' })).toMatchObject({ outcomes: expect.stringContaining('tls skipped, server failed') as unknown, failed: expect.stringContaining('are port and the choice of a secure connection right?') as unknown });
    expect(await tryOut({ address: '169.254.169.254', certificateAuthority: '' })).toMatchObject({ outcomes: expect.stringMatching(/^dns failed, tcp not-run/) as unknown, failed: expect.stringContaining('Nothing was sent there.') as unknown });
  });

  it('may be trusted by its certificate alone', async () => {
    const { fingerprint256 } = new X509Certificate(keeper.certificate);
    const pinned = { address: '127.0.0.1', certificateAuthority: '', certificateSha256: fingerprint256.replaceAll(':', '').toLowerCase() };
    expect(await tryOut(pinned)).toMatchObject({ passed: true });
    const other = `${fingerprint256.startsWith('00') ? '01' : '00'}${fingerprint256.slice(2)}`;
    expect(await tryOut({ ...pinned, certificateSha256: other })).toMatchObject({ failed: expect.stringContaining(`shows another certificate than the pinned one: its SHA-256 is ${fingerprint256}`) as unknown });
  });

  it.each([
    ['address', { address: 'https://wsc.example.org' }], ['address', { address: '0.0.0.0' }], ['port', { port: 0 }], ['account', { account: ' ' }], ['password', { password: '' }],
    ['certificateAuthority', { certificateAuthority: 'PEM' }], ['certificateSha256', { certificateSha256: 'AB:CD' }], ['certificateAuthority', { secure: false }],
  ])('is refused with a wrong %s: %j', async (field, more) => {
    const { status: code, body } = await desk.rest.call('PUT', PATH, settings(more));
    expect([code, body['errors']]).toMatchObject([400, [{ field }]]);
  });

  it('is stored, its password is never shown, and it is operational', async () => {
    const body = await put();
    expect(body).toMatchObject({ guestsAreKept: 'on-server', server: { address: 'localhost', secure: true, account: 'maintenance', passwordStored: true, version: 1 }, status: { state: 'operational', problem: null } });
    expect(JSON.stringify(body)).not.toContain(PASSWORD);
    const { rows: [row] } = await desk.superuser.query<{ sealed_password: Buffer }>('SELECT sealed_password FROM guest_account.user_management_server');
    expect(row?.sealed_password.includes(PASSWORD)).toBe(false);
    const { password: _, ...unchanged } = settings();
    expect((await desk.rest.call('PUT', PATH, { ...unchanged, version: 1 })).body).toMatchObject({ server: { version: 2 }, status: { state: 'operational' } });
    expect((await desk.rest.call('PUT', PATH, { ...unchanged, version: 1 })).status).toBe(409);
    expect((await desk.rest.call('PUT', PATH, { ...unchanged, port: 5756 })).body).toMatchObject({ errors: [{ field: 'password', reason: expect.stringContaining('must be given again') as unknown }] });
  });
});

describe('the door to the guest base', () => {
  it('says what server it is, and nothing else without a sign-in; the REST door is another', async () => {
    expect(await keeper.atWsc('GET', '/wsc/v1/server')).toMatchObject({ status: 200, body: { name: expect.any(String) as unknown, version: '0.0.0-test' } });
    expect((await keeper.atWsc('GET', '/api/v0/guests')).status).toBe(404);
    for (const path of ['/wsc/v1/guests', '/wsc/v1/senders/ada@example.org', '/wsc/v1/security-profiles', '/wsc/v1/session']) expect([(await keeper.atWsc('GET', path)).status, path]).toEqual([401, path]);
    expect((await keeper.atWsc('POST', '/wsc/v1/session', { body: { account: 'maintenance', password: 'wrong' } })).status).toBe(401);
  });

  it('lets who is signed in read and change guests, until they sign out', async () => {
    const { body: { token } } = await keeper.atWsc('POST', '/wsc/v1/session', { body: { account: 'maintenance', password: PASSWORD } });
    const ask = (method: string, path: string, body?: object) => keeper.atWsc(method, path, { token: String(token), ...(body ? { body } : {}) });
    const made = await ask('POST', '/wsc/v1/guests', { addresses: ['grace@example.org'], displayName: 'Grace' });
    expect(made).toMatchObject({ status: 201, location: `/wsc/v1/guests/${String(made.body['accountId'])}` });
    expect((await ask('GET', '/wsc/v1/senders/grace%40example.org')).body).toMatchObject({ guest: { accountId: made.body['accountId'], displayName: 'Grace', locked: false, renewed: false } });
    expect((await ask('PUT', made.location ?? '', { addresses: ['grace@example.org'], displayName: 'Grace', locked: true })).body).toMatchObject({ locked: true });
    expect((await ask('GET', '/wsc/v1/guests?search=grace')).body).toMatchObject({ guests: [{ accountId: made.body['accountId'] }] });
    expect((await ask('DELETE', made.location ?? '')).status).toBe(204);
    expect((await ask('GET', '/wsc/v1/security-profiles')).body).toMatchObject({ profiles: expect.any(Array) as unknown });
    expect((await ask('DELETE', '/wsc/v1/session')).status).toBe(204);
    expect((await ask('GET', '/wsc/v1/guests')).status).toBe(401);
  });

  it('makes one guest of a sender, however often, and of nothing that is no address', async () => {
    const { body: { token } } = await keeper.atWsc('POST', '/wsc/v1/session', { body: { account: 'maintenance', password: PASSWORD } });
    const add = (address: string, body: object = {}) => keeper.atWsc('PUT', `/wsc/v1/senders/${encodeURIComponent(address)}`, { token: String(token), body });
    const [one, ...others] = (await Promise.all(Array.from({ length: 5 }, () => add('Five@Example.org', { displayName: 'Five\u202Eevif' })))).toSorted((a, b) => Number(b.body['created']) - Number(a.body['created']));
    expect(one).toMatchObject({ status: 200, body: { created: true } });
    for (const other of others) expect(other).toMatchObject({ status: 200, body: { created: false, accountId: one?.body['accountId'] } });
    expect(await keeper.guests('five@example.org')).toMatchObject([{ account_id: one?.body['accountId'], language: 'en' }]);
    for (const address of ['nobody', 'a@b@c', `${'a'.repeat(300)}@example.org`, "x' OR 1=1 --", 'ada@example.org, eve@example.org']) expect([await add(address), address]).toMatchObject([{ status: 400, body: { errors: [{ field: 'address' }] } }, address]);
    await add('vouched@example.org', { visitedPerson: 'Host@Example.org' });
    expect(await keeper.guests('vouched@example.org')).toMatchObject([{ visited_person: 'host@example.org' }]);
    expect(await add('sixth@example.org', { language: 'de' })).toMatchObject({ status: 400, body: { errors: [{ field: 'language' }] } });
  });
});

describe('a mail', () => {
  it('of an unknown sender makes the guest there, and prints; nothing is kept here', async () => {
    const messageId = await desk.accept('ada@example.org');
    const { accountId } = await ownerOf(messageId);
    expect(await keeper.guests('ada@example.org')).toMatchObject([{ account_id: accountId, origin: 'mail', display_name: 'Ada Lovelace', language: 'fr' }]);
    expect(await desk.guests('ada@example.org')).toEqual([]);
    expect(await desk.journey(messageId)).toMatchObject([{ step: 'owner-created', evidence: { account: accountId, server: `localhost:${network.port}` } }]);
    expect((await keeper.facts(accountId)).map(({ subject }) => subject)).toEqual(['account.changed.v1']);
    const { body } = await keeper.rest.call('GET', '/api/v0/audit?action=PUT');
    expect(JSON.stringify(body)).toContain('PUT /wsc/v1/senders/{address}');
  });

  it('of the same sender is the same guest\'s, and the use is noted there', async () => {
    await keeper.superuser.query("UPDATE guest_account.guest SET last_used_at = now() - interval '40 days', valid_until = now() - interval '10 days' WHERE 'ada@example.org' = ANY (addresses)");
    expect(await refusalOf(await desk.accept('ada@example.org', 'refuse'))).toBe('The account of this e-mail address has expired: ada@example.org');
    const messageId = await desk.accept('ada@example.org');
    const [guest] = await keeper.guests('ada@example.org');
    expect(await ownerOf(messageId)).toMatchObject({ accountId: guest?.account_id });
    expect(await desk.journey(messageId)).toMatchObject([{ step: 'owner-revived' }]);
    expect((await keeper.guests('ada@example.org'))[0]?.last_used_at?.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('goes by what administrators do there: refused while the guest is locked, and with SKY-121 where nobody may be made', async () => {
    await keeper.superuser.query("UPDATE guest_account.guest SET locked = true WHERE 'ada@example.org' = ANY (addresses)");
    expect(await refusalOf(await desk.accept('ada@example.org'))).toBe('The account of this e-mail address is locked: ada@example.org');
    expect(await refusalOf(await desk.accept('nobody@example.org', 'refuse'))).toBe('No user found with e-mail address: nobody@example.org');
  });

  it('is one guest\'s when ten arrive together', async () => {
    const messages = await Promise.all(Array.from({ length: 10 }, () => desk.accept('ten@example.org')));
    const owners = await Promise.all(messages.map(ownerOf));
    const guests = await keeper.guests('ten@example.org');
    expect(guests).toHaveLength(1);
    expect(new Set(owners.map(({ accountId }) => accountId))).toEqual(new Set([guests[0]?.account_id]));
  });

  it('would be the same guest\'s in the test of META; the test of the guests takes the way there', async () => {
    const [guest] = await keeper.guests('ten@example.org');
    const meta = await desk.rest.call('POST', '/api/v0/directories/meta/test', { address: 'ten@example.org' });
    expect(meta.body).toMatchObject({ passed: true, found: { accountId: guest?.account_id, directory: 'guests' } });
    const { body: { steps } } = await desk.rest.call('POST', '/api/v0/directories/guests/test', { address: 'nobody-yet@example.org' });
    expect((steps as { step: string; outcome: string }[]).map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(expect.arrayContaining(['tls passed', 'sign-in passed', 'rights passed', 'address passed']));
    expect(await keeper.guests('nobody-yet@example.org')).toEqual([]);
  });

  it('goes on after the server forgot who is signed in', async () => {
    await keeper.superuser.query("DELETE FROM gateway.session WHERE account = 'maintenance' AND source <> ''");
    await ownerOf(await desk.accept('forgotten@example.org'));
    expect((await keeper.rest.signIn('maintenance', PASSWORD)).status).toBe(201);
  });

  it('waits while the server is down, and goes on when it is back (SKY-042)', async () => {
    await network.close();
    const messageId = await desk.accept('patient@example.org');
    await expect.poll(() => desk.waitsFor(messageId)).toMatch(/The directory guests can't be asked\. connection to Watchdoc failed: .*refuses connections on this port/);
    expect(await status()).toMatchObject({ ...CONNECTION_FAILED, problem: expect.stringContaining('refuses connections') as unknown });
    await network.open();
    await ownerOf(messageId);
    await expect.poll(status, { timeout: 15_000 }).toMatchObject({ state: 'operational' });
    expect(await keeper.guests('patient@example.org')).toHaveLength(1);
  });

  it('whose guest is being made when the server goes waits with the words of SKY-122, and the guest is made once', async () => {
    const holder = await keeper.superuser.connect();
    await holder.query('BEGIN');
    await holder.query("INSERT INTO guest_account.guest_address (address, account_id) SELECT 'torn@example.org', account_id FROM guest_account.guest LIMIT 1");
    const waiting = async () => (await keeper.superuser.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'guest_account' AND wait_event = 'transactionid'")).rowCount;
    const messageId = await desk.accept('torn@example.org');
    await expect.poll(waiting).toBe(1);
    network.goDeaf();
    await holder.query('ROLLBACK');
    holder.release();
    await expect.poll(() => keeper.guests('torn@example.org')).toHaveLength(1);
    await network.close();
    await expect.poll(() => desk.waitsFor(messageId)).toMatch(/Failed to create a new user with e-mail address: torn@example\.org\. connection to Watchdoc failed: /);
    await network.open();
    const { accountId } = await ownerOf(messageId);
    expect(await keeper.guests('torn@example.org')).toMatchObject([{ account_id: accountId }]);
  });
});

describe('an account', () => {
  it('that is wrong is not operational, though another one passed its test (EDG-06); mails wait for it', async () => {
    expect(await tryOut()).toMatchObject({ passed: true });
    expect(await put({ password: 'Wrong-Passw0rd' })).toMatchObject({ status: { ...CONNECTION_FAILED, problem: 'The server refuses the account maintenance or its password: correct them.' } });
    const messageId = await desk.accept('locked-out@example.org');
    await expect.poll(() => desk.waitsFor(messageId)).toContain('The server refuses the account maintenance or its password');
    expect(await put()).toMatchObject({ status: { state: 'operational' } });
    await ownerOf(messageId);
  });
});

it('a stored password that was spoilt leaves the component without one (SKY-041), until it is given again', async () => {
  await desk.superuser.query('UPDATE guest_account.user_management_server SET sealed_password = set_byte(sealed_password, 20, get_byte(sealed_password, 20) # 1)');
  await desk.superuser.query('UPDATE guest_account.directory_lookup SET revision = revision + 1');
  expect(await status()).toMatchObject({ state: 'not-initialised', text: { en: 'Component not initialised', fr: 'le composant n\'est pas initialisé :' }, problem: expect.stringMatching(/^The stored password can't be opened: give it again\./) as unknown });
  const messageId = await desk.accept('sealed@example.org');
  await expect.poll(() => desk.waitsFor(messageId)).toContain('Component not initialised: The stored password can\'t be opened');
  expect(await put()).toMatchObject({ status: { state: 'operational' } });
  await ownerOf(messageId);
});

describe('an account whose profile there does not allow enough', () => {
  const skyprint = { account: 'skyprint', password: 'Sky-Passw0rd' };
  let profile = '';

  beforeAll(async () => {
    const { body: directory } = await keeper.rest.call('POST', '/api/v0/directories', { name: 'SERVICE', kind: 'local' });
    const directoryId = String(directory['directoryId']);
    const person = { login: skyprint.account, displayName: 'Skyprint', addresses: ['skyprint@keeper.example'], password: skyprint.password };
    expect((await keeper.rest.call('POST', `/api/v0/directories/${directoryId}/people`, person)).status).toBe(201);
    expect((await keeper.rest.call('PUT', '/api/v0/directories/meta', { name: 'META', kind: 'meta', meta: { members: [directoryId, 'guests'] } })).status).toBe(200);
    const made = await keeper.rest.call('POST', '/api/v0/security-profiles', { name: 'Admin_Skyprint', description: 'Guests of Skyprint', rights: ['guests.read'], members: [{ name: '@skyprint' }] });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    profile = `/api/v0/security-profiles/${String(made.body['profileId'])}`;
  });
  const allow = async (...rights: string[]) => {
    const changed = await keeper.rest.call('PUT', profile, { name: 'Admin_Skyprint', description: 'Guests of Skyprint', rights, members: [{ name: '@skyprint' }] });
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
  };

  it('fails its test, and says what it lacks (SKY-043)', async () => {
    expect(await tryOut(skyprint)).toMatchObject({ passed: false, failed: 'rights: The account does not have the necessary rights: it lacks guests.add, guests.edit, guests.delete. A security profile on that server must give them.' });
    expect(await put(skyprint)).toMatchObject({ status: { ...RIGHTS_MISSING, problem: 'A security profile on that server must give its account guests.add, guests.edit, guests.delete too.' } });
  });

  it('lets nobody in who is unknown, with the words of SKY-122, and those who are known wait for it to be allowed more (EDG-03)', async () => {
    const messageId = await desk.accept('stranger@example.org');
    expect(await refusalOf(messageId)).toBe('Failed to create a new user with e-mail address: stranger@example.org');
    expect(await desk.journey(messageId)).toMatchObject([{ step: 'owner-refused', evidence: { reason: 'account-not-created', cause: expect.stringMatching(/^The account does not have the necessary rights: /) as unknown } }]);
    expect(await keeper.guests('stranger@example.org')).toEqual([]);
    expect(await status()).toMatchObject(RIGHTS_MISSING);
    const known = await desk.accept('ten@example.org');
    await expect.poll(() => desk.waitsFor(known)).toMatch(/^user-management\.rights-missing: The account does not have the necessary rights: /);
    await allow('guests.read', 'guests.add', 'guests.edit', 'guests.delete');
    await ownerOf(known);
    await expect.poll(status, { timeout: 15_000 }).toMatchObject({ state: 'operational' });
    await ownerOf(await desk.accept('stranger@example.org'));
  });
});

it('guests are kept here again once it is deleted', async () => {
  expect((await desk.rest.call('DELETE', PATH)).status).toBe(204);
  const { accountId } = await ownerOf(await desk.accept('home@example.org'));
  expect(await desk.guests('home@example.org')).toMatchObject([{ account_id: accountId }]);
  expect(await keeper.guests('home@example.org')).toEqual([]);
});
