import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { ReleaseOwners } from '../release-page/release-desk.harness.js';
import { CheckingClient } from '../rest.harness.js';

const owners = new ReleaseOwners();
let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start({ 'print-submit': owners.printSubmit, 'guest-account': owners.guestAccount });
  return () => harness.stop();
});

beforeEach(() => {
  owners.reset();
  client = new CheckingClient(harness.http);
});

const ada = { login: 'ada', pin: '4711' };
const card = { cardNumber: '04:A2', pin: '4711' };
const post = (path: string, body: object) => client.call('POST', `/api/v0/release${path}`, body);

describe('a program at a release point', () => {
  it('prints what waits for a login and its PIN, and hears what stays and why', async () => {
    const [free, asked] = [owners.hold('free.pdf', { price: 1_250n }), owners.hold('asked.pdf', { question: 'Really?' })];
    owners.hold('strict.pdf', { allowedMeans: ['card-pin'] });
    expect((await post('/waiting', ada)).body).toMatchObject({ jobs: [{ fileName: 'free.pdf', price: 1_250, currency: 'EUR', question: null, finishing: { colorMode: 'color', media: null } }, { fileName: 'asked.pdf', question: 'Really?' }] });
    const jobIds = [free.jobId, asked.jobId];
    expect((await post('', { ...ada, jobIds })).body).toMatchObject({ outcome: 'released', jobs: [{ fileName: 'free.pdf' }], notReleased: [{ jobId: asked.jobId, reason: 'unconfirmed' }] });
    expect((await post('', { ...ada, jobIds, confirmedJobIds: jobIds })).body).toMatchObject({ outcome: 'released', jobs: [{ fileName: 'asked.pdf' }], notReleased: [] });
    expect((await post('', { ...ada, jobIds })).body).toMatchObject({ outcome: 'nothing-waiting' });
    expect(owners.heard.who.at(-1)).toMatchObject({ accountId: 'ada', means: 'login-pin', releasePoint: '127.0.0.1' });
  });

  it('deletes, changes and looks back with a card and its PIN; a code opens what waits alone', async () => {
    const { jobId } = owners.hold('plan.pdf');
    expect((await post(`/${jobId}/finishing`, { ...card, change: { copies: 2 } })).body).toMatchObject({ jobId, finishing: { copies: 2 } });
    expect((await post(`/${jobId}/finishing`, { code: 'GOODGOOD', change: { copies: 9 } })).body).toMatchObject({ status: 400, errors: [{ field: 'copies' }] });
    expect((await post('/delete', { code: 'GOODGOOD', jobIds: [jobId] })).body).toMatchObject({ jobs: [{ jobId, jobState: 'canceled' }] });
    expect((await post(`/${jobId}/finishing`, { ...card, change: { copies: 2 } })).status).toBe(404);
    expect((await post('/history', card)).body).toMatchObject({ jobs: [{ fileName: 'plan.pdf', completedAt: null }], nextCursor: 'older' });
    expect((await post('/history', { code: 'GOODGOOD' })).body).toMatchObject({ status: 400, errors: [{ field: 'code' }] });
  });

  it.each([
    [{}, 'code'], [{ code: 'GOODGOOD', login: 'ada', pin: '4711' }, 'code'], [{ code: 'GOODGOOD', pin: '4711' }, 'pin'], [{ login: 'ada' }, 'pin'], [{ cardNumber: 'x', pin: 'x'.repeat(13) }, 'pin'],
  ])('that says %j of itself is told what goes together', async (given, field) => {
    const { status, body } = await post('/waiting', given);
    expect([status, body['errors']]).toEqual([400, [expect.objectContaining({ field })]]);
    expect(owners.heard.pins).toEqual([]);
  });

  it.each([['login', 'Login or PIN is wrong.'], ['cardNumber', 'The card is not known, or the PIN is wrong.']])('is refused with a wrong PIN of a %s, without a word about what was wrong', async (field, detail) => {
    expect((await post('', { [field]: 'ada', pin: '0000' })).body).toMatchObject({ status: 422, type: 'urn:inkpost:problem:wrong-code', detail });
    expect((await post('', { [field]: 'locked', pin: '0000' })).headers.get('retry-after')).toBe('30');
  });

  it('is told what its place asks for', async () => {
    owners.means = ['login-pin'];
    expect((await client.call('GET', '/api/v0/release/point?queueId=lobby')).body).toEqual({ queueName: 'Lobby', means: ['login-pin'], idleSeconds: 60 });
    expect((await client.call('GET', '/api/v0/release/point')).body).toMatchObject({ queueName: null });
  });
});
