import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RIGHTS } from '@inkpost/service/rights.js';
import { GatewayHarness } from '../gateway.harness.js';
import { anonymousRights, apiTokens, ownerAnswers, resetPasswords, seen, standings, verifications } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start(ownerAnswers);
});
afterAll(() => harness?.stop());

beforeEach(() => {
  resetPasswords();
  standings.clear();
  client = new CheckingClient(harness.http);
});

const status = async (who: CheckingClient, path = '/api/v0/queues') => (await who.call('GET', path)).status;
/** A minute passes for every session. */
const pass = () => harness.superuser.query("UPDATE gateway.session SET last_used_at = last_used_at - interval '61 seconds'");

describe('a session', () => {
  it('says who is signed in and what for, and which of all rights that are', async () => {
    expect((await client.signIn(' READER', 'Right-Passw0rd')).body['account']).toBe('reader');
    const { body } = await client.call('GET', '/api/v0/session');
    expect(body).toMatchObject({ account: 'reader', kind: 'person', rights: ['configuration.read'], passwordMustChange: false });
    const rights = (await client.call('GET', '/api/v0/rights')).body['rights'] as { right: string; name: string; held: boolean }[];
    expect(rights.map(({ right }) => right)).toEqual(RIGHTS);
    expect(rights.filter(({ held }) => held).map(({ name }) => name)).toEqual(['Console: Configuration (read)']);
    expect(rights.find(({ right }) => right === 'guests.edit')?.name).toBe('Guests: Edit');
    expect(await status(client, '/api/v0/roles')).toBe(403);
  });

  it.each([
    ['removed or locked', { outcome: 'over' }],
    ['given another password', { outcome: 'stands', rights: [...RIGHTS], passwordVersion: 99n }],
  ])('ends within a minute when its account is %s', async (_name, standing) => {
    await client.signIn('ada', 'Right-Passw0rd');
    standings.set('ada', standing);
    expect(await status(client)).toBe(200);
    await pass();
    expect(await status(client)).toBe(401);
    standings.clear();
    expect(await status(client)).toBe(401);
  });

  it('loses within a minute the rights that are taken away, and gains none that are given', async () => {
    await client.signIn('reader', 'Right-Passw0rd');
    standings.set('reader', { outcome: 'stands', rights: ['jobs.read'], passwordVersion: 1n });
    await pass();
    expect(await status(client)).toBe(403);
    expect((await client.call('GET', '/api/v0/session')).body['rights']).toEqual([]);
    standings.set('reader', { outcome: 'stands', rights: [...RIGHTS], passwordVersion: 1n });
    await pass();
    expect([await status(client), await status(client, '/api/v0/jobs')]).toEqual([403, 403]);
  });

  it('goes on while nobody can say whether it stands', async () => {
    await client.signIn('ada', 'Right-Passw0rd');
    standings.set('ada', { outcome: 'unknown' });
    await pass();
    expect(await status(client)).toBe(200);
    await harness.stopOwner('guest-account');
    await pass();
    expect(await status(client)).toBe(200);
    await harness.startOwner('guest-account');
  });
});

describe('an API token', () => {
  function newToken(rights: string[], expiresAt = new Date(Date.now() + 3_600_000)) {
    const secret = `inkpost_${randomBytes(32).toString('base64url')}`;
    const tokenId = createHash('sha256').update(secret).digest('hex');
    apiTokens.set(tokenId, { name: 'desk', rights, expiresAt });
    client.token = secret;
    return tokenId;
  }

  it('signs a program in with its rights, under its name in the audit log, and is asked for once a minute', async () => {
    const tokenId = newToken(['configuration.read', 'configuration.write', 'unheard-of']);
    expect(await Promise.all([status(client), status(client), status(client, '/api/v0/jobs')])).toEqual([200, 200, 403]);
    expect(await status(client)).toBe(200);
    expect((await client.call('GET', '/api/v0/session')).body).toMatchObject({ account: 'token:desk', kind: 'api-token', rights: ['configuration.read', 'configuration.write'] });
    expect((await client.call('DELETE', '/api/v0/queues/unused')).status).toBe(204);
    expect(verifications.filter((each) => each === tokenId)).toHaveLength(1);
    expect(seen.actors).toContain('token:desk');
    const { rows } = await harness.superuser.query("SELECT actor FROM gateway.audit_entry WHERE action = 'DELETE /api/v0/queues/{queueId}' ORDER BY id DESC LIMIT 1");
    expect(rows).toEqual([{ actor: 'token:desk' }]);
  });

  it('can do nothing of what only a person does', async () => {
    newToken([...RIGHTS]);
    const refused = [
      await client.call('DELETE', '/api/v0/session'),
      await client.call('PUT', '/api/v0/password', { currentPassword: 'x', newPassword: 'y' }),
      await client.call('POST', '/api/v0/api-tokens', { name: 'child', rights: ['jobs.read'], expiresAt: new Date(Date.now() + 1_000).toISOString() }),
    ];
    expect(refused.map((answer) => [answer.status, answer.body['type']])).toEqual(refused.map(() => [403, 'urn:inkpost:problem:right-missing']));
  });

  it('is over at once where it is revoked, and when it runs out', async () => {
    const administrator = new CheckingClient(harness.http);
    await administrator.signIn('ada', 'Right-Passw0rd');
    const tokenId = newToken(['configuration.read']);
    expect(await status(client)).toBe(200);
    expect((await administrator.call('DELETE', `/api/v0/api-tokens/${tokenId}`)).status).toBe(204);
    expect(await status(client)).toBe(401);
    newToken(['configuration.read'], new Date(Date.now() + 150));
    expect(await status(client)).toBe(200);
    await expect.poll(() => status(client)).toBe(401);
  });

  it('that is known goes on while guest-account is away; a new one waits', async () => {
    newToken(['configuration.read']);
    expect(await status(client)).toBe(200);
    await harness.stopOwner('guest-account');
    expect(await status(client)).toBe(200);
    newToken(['configuration.read']);
    expect(await status(client)).toBe(503);
    await harness.startOwner('guest-account');
  });

  it('is made with its maker\'s name, and its secret is in no log', async () => {
    await client.signIn('ada', 'Right-Passw0rd');
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const { status: made, body } = await client.call('POST', '/api/v0/api-tokens', { name: 'Registration desk', rights: ['guests.add'], expiresAt });
    expect([made, body['name'], body['expiresAt'], String(body['secret']).length]).toEqual([201, 'Registration desk', expiresAt, 51]);
    expect(seen.actors).toContain('ada as ada');
    const { body: wrong } = await client.call('POST', '/api/v0/api-tokens', { name: 'x', rights: ['root'], expiresAt: 'never' });
    expect((wrong['errors'] as { field: string }[]).map(({ field }) => field)).toEqual(['rights.0', 'expiresAt']);
    const { rows } = await harness.superuser.query<{ row: string }>('SELECT e::text AS row FROM gateway.audit_entry e');
    expect(rows.map(({ row }) => row).join()).not.toContain('inkpost_');
  });

  it('that nobody knows is turned away', async () => {
    client.token = `inkpost_${'x'.repeat(43)}`;
    expect(await status(client)).toBe(401);
  });
});

describe('who is not signed in', () => {
  it('may what the profile Anonymous says, and no more', async () => {
    const administrator = new CheckingClient(harness.http);
    await administrator.signIn('ada', 'Right-Passw0rd');
    const saved = async (...rights: string[]) => {
      anonymousRights.splice(0, Number.POSITIVE_INFINITY, ...rights);
      expect((await administrator.call('PUT', '/api/v0/security-profiles/anonymous', { name: 'Anonymous', rights })).status).toBe(200);
    };
    expect(await status(client)).toBe(401);
    await saved('configuration.read');
    expect([await status(client), await status(client, '/api/v0/jobs'), await status(client, '/api/v0/session')]).toEqual([200, 401, 401]);
    expect(seen.actors.at(-1)).toBe('anonymous');
    await saved();
    expect(await status(client)).toBe(401);
  });
});
