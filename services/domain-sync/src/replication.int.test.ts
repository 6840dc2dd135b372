import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationService } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { DomainSettings } from './domain/domain.js';
import type { OwnedObject } from './owner-stand-in.harness.js';
import { Replica } from './replicas.harness.js';
import { openOfMember } from './seal-secrets/seal-for-member.js';

const network: Replica[] = [];
let [master, paris, lyon]: Replica[] = [];
let [domainId, epoch] = ['', 1];

function all(): [Replica, Replica, Replica] {
  if (!master || !paris || !lyon) throw new Error('unreachable');
  return [master, paris, lyon];
}

beforeAll(async () => {
  for (const name of ['Master', 'Paris', 'Lyon']) await Replica.make(name, network);
  [master, paris, lyon] = network;
  return () => Promise.all(network.map(async (replica) => replica.remove()));
});

afterEach(async () => {
  await Promise.all(network.map(async (replica) => (replica.built ? replica.stop() : undefined)));
});

/** A new domain: nobody has anything of an earlier one. */
async function begin(settings: Partial<DomainSettings> = {}): Promise<void> {
  const [first] = all();
  [domainId, epoch] = [randomUUID(), 1];
  for (const replica of network) {
    replica.cut = false;
    for (const owner of replica.owners.values()) Object.assign(owner, { refuse: () => undefined, beforeApply: async () => undefined }).objects.clear();
    replica.printSubmit.applied.length = 0;
    await replica.query(`UPDATE server_maintenance SET enabled = false, next_at = NULL, items = '{}'`);
    replica.calls.length = 0;
    await replica.query('DELETE FROM domain');
    await replica.enter(domainId, first, epoch, settings);
  }
  await Promise.all(network.map((replica) => replica.start()));
}

const MAILBOX: Partial<DomainSettings> = { mode: 'mailbox', waitMinSeconds: 0, waitMaxSeconds: 30, waitJitterSeconds: 0 };

/** An administrator of the master sets an object, which its owner tells of. */
async function set(object: OwnedObject): Promise<void> {
  const [first] = all();
  first.printSubmit.put(object);
  await first.built?.changes.record('print-submit', object, 'change');
}

async function remove(object: { kind: string; objectId: string }): Promise<void> {
  const [first] = all();
  first.printSubmit.remove(object);
  await first.built?.changes.record('print-submit', object, 'change');
}

const queue = (objectId: string, place: string, more: Partial<OwnedObject> = {}): OwnedObject => ({ kind: 'queue', objectId, name: objectId, body: { name: objectId, place }, ...more });

async function expectEqual(...slaves: Replica[]): Promise<void> {
  for (const slave of slaves) await expect.poll(() => slave.printSubmit.shared()).toEqual(all()[0].printSubmit.shared());
}

async function progressOf(slave: Replica): Promise<Record<string, unknown> | undefined> {
  return (await all()[0].query<Record<string, unknown>>('SELECT * FROM slave_progress WHERE server_id = $1', [slave.serverId]))[0];
}

describe.each([['bidirectional', {}], ['mailbox', MAILBOX]] as const)('in %s mode, slaves', (_mode, settings) => {
  beforeEach(() => begin(settings));

  it('have what the master has: made, changed, in its order, deleted; and keep what is theirs', async () => {
    const [, one, other] = all();
    one.printSubmit.put(queue('own', 'cellar', { provenance: 'local' }));
    await set(queue('q1', 'lobby'));
    await expectEqual(one, other);
    await set(queue('q2', 'attic', { secrets: '{"password":"two"}' }));
    await set(queue('q1', 'garden'));
    await remove({ kind: 'queue', objectId: 'q2' });
    await set(queue('q3', 'roof', { secrets: '{"password":"three"}' }));
    await expectEqual(one, other);
    expect(one.printSubmit.shared()).toEqual({ 'queue q1': { name: 'q1', place: 'garden' }, 'queue q3': [{ name: 'q3', place: 'roof' }, '{"password":"three"}'] });
    expect(one.printSubmit.objects.get('["queue","own"]')?.provenance).toBe('local');
    await expect.poll(async () => progressOf(one)).toMatchObject({ position: 5, standing: 'level', unapplied_count: 0 });
  });

  it('catch up with what they missed while they were cut off, with one order for each object', async () => {
    const [, one, other] = all();
    await set(queue('q1', 'lobby'));
    await expectEqual(one, other);
    one.cut = true;
    for (let change = 0; change < 20; change += 1) await set(queue('q2', `room ${change}`));
    await set(queue('q3', 'roof'));
    await expectEqual(other);
    expect(one.printSubmit.applied).toEqual(['put queue q1']);
    one.cut = false;
    await expectEqual(one);
    expect(one.printSubmit.applied).toEqual(['put queue q1', 'put queue q2', 'put queue q3']);
  });
});

describe('an object that a slave can\'t apply', () => {
  it('is told to the master, holds up its own kind on that server alone, and goes on when the cause is gone', async () => {
    await begin();
    const [, one, other] = all();
    one.printSubmit.refuse = ({ objectId }) => (objectId === 'bad' ? 'The name is taken by something in use.' : undefined);
    await set(queue('bad', 'lobby'));
    await set(queue('good', 'lobby'));
    await set({ kind: 'tariff', objectId: 't', name: 't', body: { price: 5 } });
    await expectEqual(other);
    await expect.poll(() => one.printSubmit.applied).toEqual(['put tariff t']);
    await expect.poll(async () => progressOf(one)).toMatchObject({ position: 3, standing: 'behind', unapplied_count: 2, unapplied: [{ kind: 'queue', objectId: 'bad', problem: 'The name is taken by something in use.' }, { objectId: 'good', problem: '' }] });
    expect(await progressOf(other)).toMatchObject({ standing: 'level' });
    // What the master makes of it is tried at once.
    one.printSubmit.refuse = () => undefined;
    await set(queue('bad', 'garden'));
    await expectEqual(one);
    await expect.poll(async () => progressOf(one)).toMatchObject({ standing: 'level', unapplied_count: 0 });
  });

  it('since its secrets are sealed for a key that is no longer the slave\'s, is not applied without them, and holds up nothing else', async () => {
    await begin();
    const [first, one, other] = all();
    await Promise.all([first.stop(), one.stop()]);
    await first.query('UPDATE member SET sealing_public_key = $1 WHERE server_id = $2', [other.sealing.publicKey, one.serverId]);
    await Promise.all([first.start(), one.start()]);
    await set(queue('secret', 'lobby', { secrets: '{"password":"secret"}' }));
    await set({ kind: 'tariff', objectId: 't', name: 't', body: { price: 5 } });
    await expect.poll(() => one.printSubmit.applied).toEqual(['put tariff t']);
    await expect.poll(async () => progressOf(one)).toMatchObject({ unapplied_count: 1, unapplied: [{ objectId: 'secret', problem: expect.stringContaining('leave the domain and join again') as unknown }] });
    await expectEqual(other);
  });

  it('is applied after what it needs, which goes to the log before it', async () => {
    await begin();
    const [first, one] = all();
    first.printSubmit.put({ kind: 'location', objectId: 'france', name: 'France', body: { name: 'France' } });
    first.printSubmit.put({ kind: 'location', objectId: 'paris', name: 'Paris', body: { name: 'Paris' }, needs: [{ kind: 'location', objectId: 'france' }] });
    await set(queue('q1', 'lobby', { needs: [{ kind: 'location', objectId: 'paris' }] }));
    await expectEqual(one);
    expect(one.printSubmit.applied).toEqual(['put location france', 'put location paris', 'put queue q1']);
  });

  it('is left out where it is too large to be sent, and said so', async () => {
    await begin();
    const [first, one] = all();
    await set(queue('q1', 'lobby'));
    await expectEqual(one);
    await set(queue('q1', 'x'.repeat(10 * 1024 * 1024)));
    expect(await first.query('SELECT object_id, problem FROM unrecorded_object')).toEqual([{ object_id: 'q1', problem: expect.stringContaining('They keep the version before.') as unknown }]);
    await set(queue('q2', 'attic'));
    await expect.poll(() => one.printSubmit.shared()).toEqual({ 'queue q1': { name: 'q1', place: 'lobby' }, 'queue q2': { name: 'q2', place: 'attic' } });
  });

  it('has its name: a local one of the same name steps aside, and both servers are told', async () => {
    await begin();
    const [, one] = all();
    one.printSubmit.put({ kind: 'queue', objectId: 'mine', name: 'q1', body: { name: 'q1' }, provenance: 'local' });
    await set(queue('q1', 'lobby'));
    await expect.poll(async () => progressOf(one)).toMatchObject({ renamed: [{ kind: 'queue', name: 'q1', renamedLocal: 'q1 (Paris)' }] });
    expect(one.printSubmit.objects.get('["queue","mine"]')?.name).toBe('q1 (Paris)');
  });
});

describe('a slave', () => {
  it('that was changed from elsewhere is healed at the next word, and what it should not have goes', async () => {
    await begin();
    const [first, one] = all();
    await set(queue('q1', 'lobby'));
    await set(queue('q2', 'attic'));
    await expectEqual(one);
    one.printSubmit.put({ ...queue('q1', 'somewhere else'), provenance: 'received' });
    one.printSubmit.remove({ kind: 'queue', objectId: 'q2' });
    one.printSubmit.put({ ...queue('q9', 'nowhere'), provenance: 'received' });
    first.built?.wake(one.serverId);
    await expectEqual(one);
    // The master never heard of it: it is the slave's own, not gone.
    expect(one.printSubmit.objects.get('["queue","q9"]')?.provenance).toBe('local');
  });

  it('that is to be spoken to while it is being told something is spoken to again', async () => {
    await begin();
    const [first, one] = all();
    await set(queue('q1', 'lobby'));
    await expect.poll(async () => progressOf(one)).toMatchObject({ position: 1, standing: 'level' });
    one.calls.length = 0;
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    one.printSubmit.beforeApply = () => {
      reached.resolve();
      return goOn.promise;
    };
    await set(queue('q1', 'garden'));
    await reached.promise;
    first.built?.wake(one.serverId);
    goOn.resolve();
    await expect.poll(() => one.calls).toEqual(['Deliver', 'Deliver']);
  });

  it('that is killed while it applies goes on where it was, without being sent anything again', async () => {
    await begin();
    const [, one] = all();
    const reached = Promise.withResolvers<void>();
    let isDead = true;
    one.printSubmit.beforeApply = async () => {
      reached.resolve();
      if (isDead) throw new Error('killed');
    };
    await set(queue('q1', 'lobby'));
    await set(queue('q2', 'attic'));
    await reached.promise;
    await one.stop();
    await expect.poll(async () => (await one.query<{ position: number }>('SELECT position FROM pending_order')).length).toBeGreaterThan(0);
    isDead = false;
    const [{ position } = { position: 0 }] = await one.query<{ position: number }>('SELECT position FROM log_position');
    expect(position).toBeGreaterThan(0);
    await one.start();
    await expectEqual(one);
  });

  it('that has lost its place is compared object by object, and sent what differs alone', async () => {
    await begin();
    const [first, one] = all();
    for (const each of ['q1', 'q2', 'q3']) await set(queue(each, 'lobby'));
    await expectEqual(one);
    one.printSubmit.applied.length = 0;
    await one.query('UPDATE log_position SET position = 77, epoch = 1');
    await one.query(`UPDATE applied_order SET position = 1 WHERE object_id = 'q2'`);
    first.built?.wake(one.serverId);
    await expect.poll(() => one.query('SELECT position FROM log_position')).toEqual([{ position: 3 }]);
    await expect.poll(() => one.printSubmit.applied).toEqual(['put queue q2']);
  });

  it('takes orders of nobody but its master, and none of an epoch that is over', async () => {
    await begin();
    const [first, one, other] = all();
    await set(queue('q1', 'lobby'));
    await expectEqual(one, other);
    const batch = { after: 1n, until: 2n, complete: true, orders: [{ position: 2n, epoch: 1n, owner: 'print-submit', kind: 'queue', objectId: 'q1', deleted: true }] };
    await expect(other.clientTo(ReplicationService, one.serverId).deliver({ message: { domainId, epoch: 1n, batch } })).rejects.toThrow(/master alone/);
    await one.enter(domainId, first, 2, {});
    await expect(first.clientTo(ReplicationService, one.serverId).deliver({ message: { domainId, epoch: 1n, batch } })).rejects.toThrow(/another master/);
    await expect(first.clientTo(ReplicationService, one.serverId).deliver({ message: { domainId: randomUUID(), epoch: 2n, batch } })).rejects.toThrow(/another domain/);
    expect(one.printSubmit.shared()).toEqual({ 'queue q1': { name: 'q1', place: 'lobby' } });
  });

  it('is sent secrets that it alone can open, whatever it says of itself', async () => {
    await begin(MAILBOX);
    const [first, one, other] = all();
    await Promise.all([one.stop(), other.stop()]);
    await set(queue('q1', 'lobby', { secrets: '{"password":"secret"}' }));
    const ask = async () => (await one.clientTo(ReplicationService, first.serverId).exchange({ message: { domainId, revision: 99n }, holdMs: 10_000 }).catch(() => undefined))?.message?.batch?.orders;
    // Just started, it asks for patience.
    await expect.poll(ask).toHaveLength(1);
    const [order] = (await ask()) ?? [];
    expect(JSON.stringify(order, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('secret"');
    const place = { domainId, kind: 'queue', objectId: 'q1', position: 1 };
    const sealed = order?.secrets ?? { encapsulatedKey: new Uint8Array(), ciphertext: new Uint8Array() };
    expect(await openOfMember(one.sealing.privateKey, { ...place, serverId: one.serverId }, sealed)).toBe('{"password":"secret"}');
    await expect(openOfMember(other.sealing.privateKey, { ...place, serverId: one.serverId }, sealed)).rejects.toThrow();
  });
});

describe('the master', () => {
  it('that is killed while it sends goes on after its start, with orders on disk one after the other', async () => {
    await begin({ storage: 'disk' });
    const [first, one] = all();
    await set(queue('q1', 'lobby'));
    await expectEqual(one);
    one.cut = true;
    await set(queue('q2', 'attic'));
    await first.stop();
    one.cut = false;
    await first.start();
    await expectEqual(one);
    expect(one.printSubmit.applied).toEqual(['put queue q1', 'put queue q2']);
  });

  it('forgets with its process the orders that waited in memory, and heals who lacks them', async () => {
    await begin({ ...MAILBOX, storage: 'memory' });
    const [first, one] = all();
    await set(queue('q1', 'lobby'));
    await expectEqual(one);
    await one.stop();
    await set(queue('q2', 'attic'));
    await first.stop();
    await first.start();
    await one.start();
    await expectEqual(one);
    expect(await one.query('SELECT position FROM log_position')).toEqual([{ position: 2 }]);
  });

  it('sends no more operations a minute than allowed, and leaves no slave without any', async () => {
    await begin({ operationsPerMinute: 4 });
    const [, one, other] = all();
    for (let each = 0; each < 4; each += 1) await set(queue(`q${each}`, 'lobby'));
    await expect.poll(() => one.printSubmit.applied.length + other.printSubmit.applied.length).toBe(4);
    for (const slave of [one, other]) {
      expect(slave.printSubmit.applied.length).toBeGreaterThan(0);
      await expect.poll(async () => progressOf(slave)).toMatchObject({ position: slave.printSubmit.applied.length });
    }
    expect(one.printSubmit.applied.length + other.printSubmit.applied.length).toBe(4);
  });

  it('that was lost is followed by a slave with a higher epoch; what only the old one knew stays there as its own', async () => {
    await begin();
    const [first, one, other] = all();
    await set(queue('q1', 'lobby'));
    await set(queue('q2', 'attic'));
    await expectEqual(one, other);
    // The line is cut: the old master still changes something, while another one is promoted.
    first.cut = true;
    await set(queue('q3', 'only the old master'));
    await set(queue('q1', 'changed by the old master'));
    for (const object of one.printSubmit.objects.values()) object.provenance = 'shared';
    await one.enter(domainId, one, 2, {});
    await other.enter(domainId, one, 2, {});
    one.printSubmit.put(queue('q2', 'changed by the new master'));
    await expect.poll(async () => one.built?.changes.record('print-submit', { kind: 'queue', objectId: 'q2' }, 'change')).toBe(true);
    await expect.poll(() => other.printSubmit.shared()).toEqual(one.printSubmit.shared());
    // It comes back, and hears that it is the master no longer.
    first.cut = false;
    await first.enter(domainId, one, 2, {});
    await expect.poll(() => first.printSubmit.shared()).toEqual({ 'queue q1': { name: 'q1', place: 'lobby' }, 'queue q2': { name: 'q2', place: 'changed by the new master' } });
    expect(first.printSubmit.objects.get('["queue","q3"]')?.provenance).toBe('local');
    // Of its own numbering beyond the fork nothing is left, should it become the master again.
    expect(await first.query('SELECT position, epoch, object_id FROM config_log ORDER BY position')).toEqual([{ position: 1, epoch: 1, object_id: 'q1' }, { position: 3, epoch: 2, object_id: 'q2' }]);
  });
});
