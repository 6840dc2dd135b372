import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { type InventoryObjectSchema, type MasterMessageSchema, ReplicationService, type SlaveMessageSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INVENTORY_OBJECTS_MAX } from '../limits.js';
import type { OwnedObject } from '../owner-stand-in.harness.js';
import { Replica } from '../replicas.harness.js';

const network: Replica[] = [];
let domainId = '';

/** The master, a slave that does as it should, and one that somebody else holds: its own part is silent. */
function all(): readonly [Replica, Replica, Replica] {
  const [master, good, hostile] = network;
  if (!master || !good || !hostile) throw new Error('unreachable');
  return [master, good, hostile];
}

beforeAll(async () => {
  for (const name of ['Master', 'Good', 'Hostile']) await Replica.make(name, network);
  return () => Promise.all(network.map(async (replica) => replica.remove()));
});

beforeEach(async () => {
  const [master, good] = all();
  domainId = randomUUID();
  for (const replica of network) {
    for (const owner of replica.owners.values()) owner.objects.clear();
    await replica.query('DELETE FROM domain');
    await replica.enter(domainId, master, 1, { mode: 'mailbox', waitMinSeconds: 0, waitMaxSeconds: 30, waitJitterSeconds: 0 });
  }
  await Promise.all([master.start(), good.start()]);
  await expect.poll(() => say({}).then(() => 'heard', () => 'not yet')).toBe('heard');
});

afterEach(() => Promise.all(network.map(async (replica) => (replica.built ? replica.stop() : undefined))));

/** What the hostile slave says, and the master's answer. */
async function say(message: MessageInitShape<typeof SlaveMessageSchema>) {
  const [master, , hostile] = all();
  return (await hostile.clientTo(ReplicationService, master.serverId).exchange({ message: { domainId, revision: 99n, ...message }, holdMs: 1 })).message;
}

async function set(objectId: string, place: string, more: Partial<OwnedObject> = {}): Promise<void> {
  const [master] = all();
  const object = { kind: 'queue', objectId, name: objectId, body: { name: objectId, place }, ...more };
  master.printSubmit.put(object);
  await master.built?.changes.record('print-submit', object, 'change');
}

async function expectGoodFollows(): Promise<void> {
  const [master, good] = all();
  await expect.poll(() => good.printSubmit.shared()).toEqual(master.printSubmit.shared());
  await expect.poll(async () => (await master.query('SELECT standing FROM slave_progress WHERE server_id = $1', [good.serverId]))[0]).toEqual({ standing: 'level' });
}

const codeOf = (call: Promise<unknown>) => call.then(() => undefined, (error: unknown) => ConnectError.from(error).code);

describe('a hostile slave', () => {
  it('says what no server says: the others are noted all the same, and it is shown as it may be shown', async () => {
    const [master, , hostile] = all();
    const endless = 2n ** 64n - 1n;
    const text = `a\u0000${'\u{1f5a8}'.repeat(400)}`;
    const order = { position: endless, kind: text, objectId: text, name: text, problem: text };
    await say({
      position: endless, positionEpoch: endless, revision: endless, checksum: new Uint8Array(1_000), heldUpKinds: Array.from({ length: 20_000 }, (_, each) => `kind ${each}`), unappliedCount: 2 ** 32 - 1,
      unapplied: Array.from({ length: 1_000 }, () => order), renamed: Array.from({ length: 1_000 }, () => ({ kind: text, name: text, renamedLocal: text })),
      figures: { name: text, version: text, uptimeSeconds: endless, load: Number.NaN, diskFreeBytes: endless, diskSizeBytes: endless, now: { seconds: 8_640_000_000_001n } },
    });
    await set('q1', 'lobby');
    await expectGoodFollows();
    const [row] = await master.query<{ position: number; unapplied: { name: string }[]; unapplied_count: number; renamed: unknown[] }>('SELECT position, unapplied, unapplied_count, renamed FROM slave_progress WHERE server_id = $1', [hostile.serverId]);
    expect(row).toMatchObject({ position: Number.MAX_SAFE_INTEGER, unapplied_count: 2 ** 31 - 1 });
    expect([row?.unapplied.length, row?.renamed.length, row?.unapplied[0]?.name.length]).toEqual([50, 50, 500]);
  });

  it('tells of an enormous inventory, or of one with names that are none: it is refused, and compared with nothing', async () => {
    const [master] = all();
    await set('q1', 'lobby');
    const objects = (count: number, more: MessageInitShape<typeof InventoryObjectSchema> = {}) => Array.from({ length: count }, (_, each) => ({ owner: 'print-submit', kind: 'queue', objectId: `none ${each}`, digest: new Uint8Array([1]), ...more }));
    expect(await codeOf(say({ inventory: { objects: objects(INVENTORY_OBJECTS_MAX + 1) } }))).toBe(Code.InvalidArgument);
    expect(await codeOf(say({ inventory: { objects: objects(1, { objectId: 'x'.repeat(1_000) }) } }))).toBe(Code.InvalidArgument);
    // As much as is allowed costs one message of a bearable size.
    const answer = await say({ position: 1n, positionEpoch: 1n, inventory: { objects: objects(INVENTORY_OBJECTS_MAX) } });
    expect(answer?.batch).toMatchObject({ snapshot: true, complete: false });
    expect(answer?.batch?.orders.length).toBeLessThanOrEqual(500);
    await set('q2', 'attic');
    await expectGoodFollows();
    expect(await master.query('SELECT object_id FROM config_log ORDER BY position')).toEqual([{ object_id: 'q1' }, { object_id: 'q2' }]);
  });

  it('says something old once more, and is told once more what comes after it; of another\'s secrets it is told nothing, whoever it says that it is', async () => {
    const [, good] = all();
    await set('q1', 'lobby', { secrets: '{"password":"secret"}' });
    // The log is looked at again in a moment.
    await expect.poll(async () => (await say({}))?.batch?.orders.length).toBe(1);
    const first = await say({});
    await say({ position: 1n, positionEpoch: 1n });
    const again = await say({ renamed: [{ kind: 'queue', name: good.serverId, renamedLocal: good.name }] });
    expect(again?.batch?.orders.map(({ position }) => position)).toEqual([1n]);
    // Sealed anew, for it alone: nothing of what the good one was sent.
    expect(again?.batch?.orders[0]?.secrets?.ciphertext).not.toEqual(first?.batch?.orders[0]?.secrets?.ciphertext);
    await expectGoodFollows();
  });

  it('can say nothing to another slave: neither as the master, nor what the master once said; said twice by the master itself, an order is taken once', async () => {
    const [master, good, hostile] = all();
    await set('q1', 'lobby');
    await set('q1', 'garden');
    await expectGoodFollows();
    const [entry] = await master.query<{ body: string; digest: string }>('SELECT body, digest FROM config_log WHERE position = 1');
    const old: MessageInitShape<typeof MasterMessageSchema> = {
      domainId, epoch: 1n, batch: { after: 0n, until: 1n, complete: true, orders: [{ position: 1n, epoch: 1n, owner: 'print-submit', kind: 'queue', objectId: 'q1', name: 'q1', body: Buffer.from(entry?.body ?? ''), digest: Buffer.from(entry?.digest ?? '', 'hex') }] },
    };
    expect(await codeOf(hostile.clientTo(ReplicationService, good.serverId).deliver({ message: old }))).toBe(Code.PermissionDenied);
    expect(await codeOf(hostile.clientTo(ReplicationService, good.serverId).exchange({ message: { domainId } }))).toBe(Code.FailedPrecondition);
    const applied = good.printSubmit.applied.length;
    expect((await master.clientTo(ReplicationService, good.serverId).deliver({ message: old })).message?.position).toBe(2n);
    expect(good.printSubmit.applied).toHaveLength(applied);
    await expectGoodFollows();
  });
});
