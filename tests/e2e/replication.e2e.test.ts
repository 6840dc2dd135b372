import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { notification } from '@inkpost/notification/notification.module.js';
import { printSubmit } from '@inkpost/print-submit/print-submit.module.js';
import { PASSWORD } from './installation.js';
import { ServiceSet } from './service-set.js';

/** A master and its slave: the owners, domain-sync and the gateway of each as they run in production, over HTTPS. */
let master: ServiceSet;
let slave: ServiceSet;

beforeAll(async () => {
  [master, slave] = (await Promise.all(Array.from({ length: 2 }, () => ServiceSet.start([guestAccount, printSubmit, notification, domainSync, gateway])))) as [ServiceSet, ServiceSet];
});
afterAll(() => Promise.all([master, slave].map((server) => server.stop())));

async function ask(server: ServiceSet, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, status = 200) {
  const answer = await server.rest.call(method, `/api/v0${path}`, body);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status });
  return answer.body;
}

async function list<T>(server: ServiceSet, path: string, name: string): Promise<T[]> {
  return (await ask(server, 'GET', path))[name] as T[];
}

const queue = (more: object) => ({ name: 'Lobby', printerUri: 'ipp://127.0.0.1:9/ipp/print', ...more });
const queueOf = async (server: ServiceSet, queueId: string) => (await server.rest.call('GET', `/api/v0/queues/${queueId}`)).body;
const globalQueues = async (server: ServiceSet) => (await list<{ objectId: string; provenance: string; behindServerIds: string[] }>(server, '/domain/global-objects?kind=queue', 'objects')).map(({ objectId, provenance, behindServerIds }) => [objectId, provenance, behindServerIds.length]);
const places = async () => (await list<{ name: string }>(slave, '/locations', 'locations')).map(({ name }) => name);
const standing = async () => (await ask(master, 'GET', '/domain/replication'))['servers'];
/** A busy machine takes its time. */
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000 });
const SYNCHRONIZATION = { mode: 'bidirectional', storage: 'disk', waitMinSeconds: 0, waitMaxSeconds: 20, waitJitterSeconds: 0 };

describe('what is global on the master', () => {
  it('is on the slave at once, with what it needs, read-only there, and follows every change', async () => {
    await ask(master, 'POST', '/domain', { identifier: `127.0.0.1:${master.ports.dsp}` }, 201);
    const { locationId } = await ask(master, 'POST', '/locations', { name: 'Paris' }, 201);
    await ask(master, 'POST', '/queues', queue({ queueId: 'lobby', locationId }), 201);
    await ask(slave, 'POST', '/queues', queue({ queueId: 'own', name: 'Own' }), 201);
    expect(await ask(master, 'PUT', '/domain/global-objects/queue/lobby', { global: true })).toMatchObject({ provenance: 'shared', position: 2, behindServerIds: [] });
    await ask(master, 'POST', '/domain/servers', { address: '127.0.0.1', port: slave.ports.dsp, password: PASSWORD }, 201);
    await eventually(() => queueOf(slave, 'lobby')).toMatchObject({ name: 'Lobby', locationPath: 'World/Paris' });
    await ask(master, 'PUT', '/queues/lobby', queue({ name: 'Entrance', locationId }));
    await eventually(() => queueOf(slave, 'lobby')).toMatchObject({ name: 'Entrance' });
    expect((await slave.rest.call('PUT', '/api/v0/queues/lobby', queue({ name: 'Mine' }))).status).toBeGreaterThanOrEqual(400);
    expect(await globalQueues(slave)).toEqual([['lobby', 'received', 0]]);
    await eventually(() => standing()).toMatchObject([{ standing: 'level', missing: 0, problem: null, unapplied: [] }]);
    expect((await master.rest.call('PUT', '/api/v0/domain/global-objects/queue/lobby', { global: false })).status).toBe(409);
    expect((await slave.rest.call('PUT', '/api/v0/domain/global-objects/queue/own', { global: true })).status).toBe(409);
  });

  it('has a history, in which it goes back, also on the slave', async () => {
    const versions = await list<{ position: number; changes: unknown[] }>(master, '/domain/global-objects/queue/lobby/history', 'versions');
    expect(versions.map(({ changes }) => changes)).toEqual([[{ path: expect.stringContaining('name') as string, before: '"Lobby"', after: '"Entrance"' }], [expect.objectContaining({ path: '', before: null })]]);
    expect(await ask(master, 'POST', '/domain/global-objects/queue/lobby/roll-back', { position: versions[1]?.position })).toEqual({ outcome: 'changed' });
    await eventually(() => queueOf(slave, 'lobby')).toMatchObject({ name: 'Lobby' });
    expect(await queueOf(master, 'lobby')).toMatchObject({ name: 'Lobby' });
    expect((await list(master, '/domain/global-objects/queue/lobby/history', 'versions'))[0]).toMatchObject({ cause: 'roll-back' });
  });

  it('is told of each server as it is there: by kind and object what it could not apply and why, what waits for it, and what it lacks', async () => {
    const { serverId } = await ask(slave, 'GET', '/domain');
    const place = async (name: string) => String((await ask(master, 'POST', '/locations', { name }, 201))['locationId']);
    const [nice, metz] = [await place('Nice'), await place('Metz')];
    await ask(master, 'PUT', `/domain/global-objects/location/${nice}`, { global: true });
    await eventually(places).toContain('Nice');
    await ask(slave, 'POST', '/queues', queue({ queueId: 'corner', name: 'Corner', locationId: nice }), 201);
    // A queue of the slave's own stands there: the place can't go. What is of another kind goes on.
    await ask(master, 'DELETE', `/locations/${nice}`, undefined, 204);
    await eventually(standing).toMatchObject([{ standing: 'behind', unappliedCount: 1 }]);
    await ask(master, 'PUT', `/domain/global-objects/location/${metz}`, { global: true });
    await ask(master, 'PUT', '/queues/lobby', queue({ name: 'Hall' }));
    await eventually(() => queueOf(slave, 'lobby')).toMatchObject({ name: 'Hall' });
    const refused = { kind: 'location', objectId: nice, name: 'World/Nice', position: expect.any(Number) as number, problem: expect.stringMatching(/queue/) as string };
    const waits = { kind: 'location', objectId: metz, name: 'World/Metz', position: expect.any(Number) as number, problem: null };
    await eventually(standing).toEqual([expect.objectContaining({ serverId, standing: 'behind', missing: 0, problem: null, unappliedCount: 2, unapplied: [refused, waits] })]);
    expect(await list(master, `/domain/servers/${String(serverId)}/differences`, 'differences')).toEqual([{ ...refused, difference: 'unapplied' }, { ...waits, difference: 'unapplied' }]);
    const behind = async () => (await list<{ objectId: string; behindServerIds: string[] }>(master, '/domain/global-objects', 'objects')).filter(({ behindServerIds }) => behindServerIds.length > 0).map(({ objectId, behindServerIds }) => [objectId, behindServerIds]);
    expect(await behind()).toEqual([[metz, [serverId]]]);
    expect((await ask(slave, 'GET', '/domain/replication'))['unapplied']).toEqual([refused, waits]);
    // Cut off, it lacks what changes meanwhile.
    await slave.halt('gateway');
    await ask(master, 'PUT', '/queues/lobby', queue({ name: 'Lobby' }));
    await eventually(standing).toEqual([expect.objectContaining({ standing: 'behind', missing: 1, problem: expect.stringMatching(/ECONNREFUSED|not reached|socket/) as string })]);
    expect(await list(master, `/domain/servers/${String(serverId)}/differences`, 'differences')).toContainEqual(expect.objectContaining({ kind: 'queue', objectId: 'lobby', difference: 'missing' }));
    expect(new Map((await behind()).map(([objectId, servers]) => [objectId, servers]))).toEqual(new Map([[metz, [serverId]], ['lobby', [serverId]]]));
    await slave.restart('gateway');
    await ask(slave, 'PUT', '/queues/corner', queue({ name: 'Corner' }));
    // The next order of the kind tries again what was refused.
    await ask(master, 'PUT', `/locations/${metz}`, { name: 'Metz-Ville' });
    await eventually(standing).toEqual([expect.objectContaining({ standing: 'level', missing: 0, problem: null, unappliedCount: 0, unapplied: [] })]);
    expect([await places(), await behind()]).toEqual([expect.not.arrayContaining(['Nice']), []]);
  });

  it('can be tried out before, in both modes', async () => {
    await ask(slave, 'POST', '/locations', { name: 'Lyon' }, 201);
    const { locationId } = await ask(master, 'POST', '/locations', { name: 'Lyon' }, 201);
    const path = `/domain/global-objects/location/${String(locationId)}/rehearsal`;
    const tried = { servers: [{ outcome: 'created', problem: null, renamedLocal: expect.stringMatching(/^Lyon \(/) as string }], changes: [{ path: '' }] };
    expect(await ask(master, 'POST', path, {})).toMatchObject(tried);
    // Alone it is refused, while ticking it would bring its place along: the refusal says so.
    await ask(master, 'POST', '/queues', { queueId: 'annex', ...queue({ name: 'Annex', locationId }) }, 201);
    expect(await ask(master, 'POST', '/domain/global-objects/queue/annex/rehearsal', {})).toMatchObject({ servers: [{ outcome: 'refused', problem: expect.stringContaining(`not global yet; ticked with it, that comes first: location ${String(locationId)}.`) as string }] });
    await ask(master, 'PUT', '/queues/annex', queue({ name: 'Annex' }));
    await ask(master, 'PUT', '/domain/synchronization', { ...SYNCHRONIZATION, mode: 'mailbox' });
    await eventually(async () => (await ask(slave, 'GET', '/domain/replication'))['synchronization']).toMatchObject({ mode: 'mailbox' });
    expect(await ask(master, 'POST', path, {})).toMatchObject(tried);
    expect(await places()).toContain('Lyon');
    // For good: the slave's own steps aside.
    await ask(master, 'PUT', path.replace('/rehearsal', ''), { global: true });
    await eventually(places).toContainEqual(expect.stringMatching(/^Lyon \(/));
    await eventually(() => standing()).toMatchObject([{ renamed: [{ kind: 'location', name: 'World/Lyon' }] }]);
    expect((await ask(slave, 'GET', '/domain/replication'))['renamed']).toEqual([{ kind: 'location', name: 'World/Lyon', renamedLocal: expect.stringMatching(/^Lyon \(/) as string }]);
    await ask(master, 'DELETE', `/locations/${String(locationId)}`, undefined, 204);
    await eventually(places).not.toContain('Lyon');
  });

  it('reaches in mailbox mode a slave that only calls, and waits for it while its domain-sync restarts', async () => {
    await ask(master, 'POST', '/queues', queue({ queueId: 'attic', name: 'Loft' }), 201);
    await ask(master, 'PUT', '/domain/global-objects/queue/attic', { global: true });
    await eventually(() => queueOf(slave, 'attic')).toMatchObject({ name: 'Loft' });
    const restarted = slave.restart('domain-sync');
    await ask(master, 'PUT', '/queues/attic', queue({ name: 'Attic' }));
    await restarted;
    await eventually(() => queueOf(slave, 'attic')).toMatchObject({ name: 'Attic' });
  });

  it('is kept by the slave as its own where it is shared no longer, once the domain is not strict', async () => {
    await ask(master, 'PUT', '/domain/synchronization', { ...SYNCHRONIZATION, mode: 'mailbox', strict: false });
    expect(await ask(master, 'PUT', '/domain/global-objects/queue/lobby', { global: false })).toMatchObject({ provenance: 'local', position: null });
    await eventually(() => globalQueues(slave)).toEqual([['attic', 'received', 0]]);
    await ask(slave, 'PUT', '/queues/lobby', queue({ name: 'Mine now' }));
  });
});

describe('server maintenance', () => {
  it('replicates what is ticked when it is wanted, and nothing of it before', async () => {
    const { profileId } = await ask(master, 'POST', '/security-profiles', { name: 'Desk', rights: ['jobs.read'], members: [] }, 201);
    const names = async () => (await list<{ name: string }>(slave, '/security-profiles', 'profiles')).map(({ name }) => name);
    await ask(master, 'PUT', '/domain/maintenance', { enabled: true, everyMinutes: 60, items: ['security-profiles'] });
    expect((await slave.rest.call('PUT', '/api/v0/domain/maintenance', { enabled: true, items: [] })).status).toBe(409);
    expect(await names()).not.toContain('Desk');
    expect(await ask(master, 'POST', '/domain/maintenance/run', {})).toMatchObject({ enabled: true, nextAt: expect.any(String) as string, lastProblem: null });
    await eventually(names).toContain('Desk');
    await ask(master, 'PUT', `/security-profiles/${String(profileId)}`, { name: 'Front desk', rights: ['jobs.read'], members: [] });
    await ask(master, 'POST', '/domain/maintenance/run', { items: ['security-profiles'] });
    await eventually(names).toContain('Front desk');
    expect(await names()).not.toContain('Desk');
  });
});

describe('the place of the master', () => {
  it('is handed over while somebody changes things all the time: whatever was accepted is what all have then, changed at the new one alone', async () => {
    const { serverId } = await ask(slave, 'GET', '/domain');
    const change = async (name: string) => (await master.rest.call('PUT', '/api/v0/queues/attic', queue({ name }))).status;
    expect(await change('Attic')).toBe(200);
    const handedOver = ask(master, 'POST', `/domain/servers/${String(serverId)}/promotion`);
    let [accepted, status] = ['Attic', 200];
    // A hand-over that is refused ends the changes too.
    const refused = handedOver.then(() => new Promise<never>(() => undefined));
    for (let changes = 0; status === 200; changes += 1) {
      const name = `Attic ${changes}`;
      status = await Promise.race([change(name), refused]);
      if (status === 200) accepted = name;
    }
    expect(status).toBe(409);
    expect(await handedOver).toMatchObject({ role: 'slave' });
    await eventually(async () => [await queueOf(master, 'attic'), await queueOf(slave, 'attic')]).toMatchObject([{ name: accepted, provenance: 'received' }, { name: accepted, provenance: 'shared' }]);
    await ask(slave, 'PUT', '/queues/attic', queue({ name: 'By the new one' }));
    await eventually(() => queueOf(master, 'attic')).toMatchObject({ name: 'By the new one' });
  });
});
