import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { ownerAnswers, passwords, resetPasswords, signInAnswers } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';

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

describe('a session', () => {
  it('begins with the right password, shows its rights, and ends when signed out', async () => {
    const { status, body } = await client.signIn('reader', 'Right-Passw0rd');
    expect({ status, rights: body['rights'], passwordMustChange: body['passwordMustChange'] }).toEqual({ status: 201, rights: ['configuration.read'], passwordMustChange: false });
    expect(Date.parse(String(body['expiresAt'])) - Date.now()).toBeGreaterThan(11.9 * 3_600_000);
    expect((await client.call('GET', '/api/v0/queues')).status).toBe(200);
    expect((await client.call('DELETE', '/api/v0/session')).status).toBe(204);
    expect((await client.call('GET', '/api/v0/queues')).status).toBe(401);
  });

  it('is refused without saying whether the account exists', async () => {
    const [wrong, unknown] = [await client.signIn('ada', 'wrong'), await client.signIn('nobody', 'wrong')];
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect({ ...wrong.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
  });

  it('says when to try again after a lock-out', async () => {
    const { status, headers, body } = await client.signIn('locked', 'x');
    expect([status, headers.get('retry-after'), body['type']]).toEqual([429, '77', 'urn:inkpost:problem:locked-out']);
  });

  it('keeps only the hash of its token in the database', async () => {
    await signedIn();
    const { rows } = await harness.superuser.query<{ row: string }>("SELECT s::text || encode(token_sha256, 'escape') AS row FROM gateway.session s");
    expect(rows.map(({ row }) => row).join()).not.toContain(client.token);
    expect(rows.length).toBeGreaterThan(0);
  });

  it.each([
    ['2 hours after its last use', "last_used_at = now() - interval '2 hours'"],
    ['12 hours after sign-in', "expires_at = now() - interval '1 second'"],
  ])('is over %s', async (_name, change) => {
    await signedIn();
    await harness.superuser.query(`UPDATE gateway.session SET ${change}`);
    expect((await client.call('GET', '/api/v0/queues')).status).toBe(401);
  });

  it('stays alive by being used', async () => {
    await harness.superuser.query('DELETE FROM gateway.session');
    await signedIn();
    await harness.superuser.query("UPDATE gateway.session SET last_used_at = now() - interval '119 minutes'");
    expect((await client.call('GET', '/api/v0/queues')).status).toBe(200);
    const { rows } = await harness.superuser.query<{ fresh: boolean }>("SELECT bool_and(last_used_at > now() - interval '1 minute') AS fresh FROM gateway.session");
    expect(rows[0]?.fresh).toBe(true);
  });

  it('with the first password can only change it, and changing it ends every session of the account', async () => {
    const other = new CheckingClient(harness.http);
    await other.signIn(' Maintenance', 'changeme');
    expect((await client.signIn('maintenance', 'changeme')).body['passwordMustChange']).toBe(true);
    expect((await client.call('GET', '/api/v0/queues')).body['type']).toBe('urn:inkpost:problem:password-must-change');
    const short = await client.call('PUT', '/api/v0/password', { currentPassword: 'changeme', newPassword: 'short' });
    expect([short.status, short.body['errors']]).toEqual([400, [{ field: 'newPassword', reason: 'must have at least 8 characters' }]]);
    expect((await client.call('PUT', '/api/v0/password', { currentPassword: 'wrong', newPassword: 'Other-Passw0rd' })).status).toBe(422);
    expect((await client.call('PUT', '/api/v0/password', { currentPassword: 'changeme', newPassword: 'Other-Passw0rd' })).status).toBe(204);
    expect([(await client.call('GET', '/api/v0/queues')).status, (await other.call('GET', '/api/v0/queues')).status]).toEqual([401, 401]);
    expect((await client.signIn('maintenance', 'Other-Passw0rd')).body['passwordMustChange']).toBe(false);
    expect((await client.call('GET', '/api/v0/queues')).status).toBe(200);
  });
});

describe('a changed password', () => {
  const change = (newPassword: string) => client.call('PUT', '/api/v0/password', { currentPassword: passwords.get('ada'), newPassword });
  const isSignedIn = async (who: CheckingClient) => (await who.call('GET', '/api/v0/queues')).status === 200;

  it('lets no sign-in through that proved the old one and is answered later', async () => {
    await signedIn();
    const late = new CheckingClient(harness.http);
    const [proven, changed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    signInAnswers.wait.push(() => {
      proven.resolve();
      return changed.promise;
    });
    const signIn = late.signIn('ada', 'Right-Passw0rd');
    await proven.promise;
    expect((await change('Other-Passw0rd')).status).toBe(204);
    changed.resolve();
    expect((await signIn).status).toBe(401);
    await signedIn();
    expect(await isSignedIn(client)).toBe(true);
  });

  it('ends the sessions of the old one by the first sign-in with it, or after half a minute, when its owner\'s answer was lost', async () => {
    await signedIn();
    const [other, fresh] = [new CheckingClient(harness.http), new CheckingClient(harness.http)];
    await other.signIn('ada', 'Right-Passw0rd');
    await harness.superuser.query("UPDATE gateway.session SET created_at = now() - interval '1 minute'");
    expect((await change('Unheard-Passw0rd')).status).toBe(503);
    expect(await isSignedIn(other)).toBe(true);
    await harness.superuser.query("UPDATE gateway.password_change SET began_at = now() - interval '31 seconds'");
    expect([await isSignedIn(client), await isSignedIn(other)]).toEqual([false, false]);
    await harness.superuser.query('DELETE FROM gateway.password_change');
    expect(await isSignedIn(other)).toBe(true);
    expect((await fresh.signIn('ada', 'Unheard-Passw0rd')).status).toBe(201);
    expect([await isSignedIn(other), await isSignedIn(fresh)]).toEqual([false, true]);
  });

  it('that was refused ends nothing', async () => {
    await signedIn();
    expect([(await change('short')).status, (await client.call('PUT', '/api/v0/password', { currentPassword: 'wrong', newPassword: 'Other-Passw0rd' })).status]).toEqual([400, 422]);
    expect((await harness.superuser.query('SELECT FROM gateway.password_change')).rowCount).toBe(0);
    expect(await isSignedIn(client)).toBe(true);
  });
});

describe('the audit log', () => {
  it('holds every change and refused try with actor, object and outcome, and no secret', async () => {
    await client.signIn('My-Secret-1', 'wrong-Secret-1');
    await client.call('DELETE', '/api/v0/queues/lobby');
    await signedIn();
    await client.call('POST', '/api/v0/queues', { queueId: 'lobby', name: 'Lobby', printerUri: 'ipp://printer' });
    await client.call('POST', '/api/v0/queues', { queueId: 'taken', name: 'Lobby', printerUri: 'ipp://printer' });
    await client.call('GET', '/api/v0/queues');
    const { body } = await client.call('GET', '/api/v0/audit?limit=5');
    expect((body['entries'] as Record<string, unknown>[]).map(({ actor, action, objectId, outcome, status, source }) => [actor, action, objectId, outcome, status, source])).toEqual([
      ['ada', 'POST /api/v0/queues', 'taken', 'refused', 409, '127.0.0.1'],
      ['ada', 'POST /api/v0/queues', 'lobby', 'done', 201, '127.0.0.1'],
      ['ada', 'POST /api/v0/session', '', 'done', 201, '127.0.0.1'],
      ['anonymous', 'DELETE /api/v0/queues/{queueId}', '', 'refused', 401, '127.0.0.1'],
      ['anonymous', 'POST /api/v0/session', '', 'refused', 401, '127.0.0.1'],
    ]);
    expect(JSON.stringify(body)).not.toContain('Secret');
    const next = await client.call('GET', `/api/v0/audit?limit=1&before=${String(body['nextBefore'])}`);
    expect((next.body['entries'] as { id: string }[])[0]?.id).not.toBe((body['entries'] as { id: string }[]).at(-1)?.id);
  });
});
