import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { canonicalJson } from '@inkpost/shared-object/canonical-json.js';
import { type Instance, PrintHarness } from '../print-submit.harness.js';

const URI = 'ipp://127.0.0.1:1/ipp/print';

let harness: PrintHarness;
let instance: Instance;

function configuration() {
  return instance.client(ConfigurationService, ['configuration.read', 'configuration.write']);
}

function queueSettings(queueId: string, name = queueId) {
  return { queueId, name, printerUri: URI, validation: true };
}

async function createQueue(queueId: string, name?: string): Promise<void> {
  await instance.queues.createQueue({ settings: queueSettings(queueId, name) });
}

/** What domain-sync was told, by this service. */
async function told(): Promise<{ readonly kind: string; readonly objectId: string; readonly version: number; readonly deleted: boolean }[]> {
  const { rows } = await harness.superuser.query<{ payload: { kind: string; objectId: string; version: string; deleted?: boolean } }>(
    `SELECT payload FROM flow.message WHERE subject = 'print.object-changed.v1' AND consumer = 'domain_sync' ORDER BY (payload ->> 'version')::bigint`,
  );
  return rows.map(({ payload: { kind, objectId, version, deleted = false } }) => ({ kind, objectId, version: Number(version), deleted }));
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = ConnectError.from(await call.then(() => undefined, (thrown: unknown) => thrown));
  expect(error.code).toBe(Code.FailedPrecondition);
  return error.rawMessage;
}

function body(text: object): Buffer {
  return Buffer.from(canonicalJson(text as never));
}

async function provenanceOf(kind: string, objectId: string): Promise<string | undefined> {
  const { objects } = await configuration().listSharedObjects({ kind, includeLocal: true });
  return objects.find((each) => each.objectId === objectId)?.provenance;
}

describe('objects that print-submit shares', () => {
  beforeAll(async () => {
    harness = await PrintHarness.start();
    instance = await harness.startInstance();
    return () => harness.remove();
  });

  afterEach(async () => {
    await harness.superuser.query(`DELETE FROM flow.message WHERE subject = 'print.object-changed.v1'`);
  });

  it('tells of a shared queue once it is ticked and at every change, with its deletion, and of no other queue', async () => {
    await createQueue('told');
    await createQueue('quiet');
    expect(await told()).toEqual([]);
    const { state } = await configuration().setShared({ kind: 'queue', objectId: 'told', shared: true });
    expect(state).toMatchObject({ provenance: 'shared', name: 'told' });
    await configuration().setShared({ kind: 'queue', objectId: 'told', shared: true });
    await instance.queues.updateQueue({ queueId: 'told', settings: queueSettings('told', 'Renamed') });
    await instance.queues.updateQueue({ queueId: 'told', settings: queueSettings('told', 'Renamed') });
    await instance.queues.updateQueue({ queueId: 'quiet', settings: queueSettings('quiet', 'Renamed too') });
    await instance.queues.deleteQueue({ queueId: 'told' });
    const facts = await told();
    expect(facts.map(({ kind, objectId, deleted }) => [kind, objectId, deleted])).toEqual([['queue', 'told', false], ['queue', 'told', false], ['queue', 'told', true]]);
    expect(await provenanceOf('queue', 'told')).toBeUndefined();
    expect(await provenanceOf('queue', 'quiet')).toBe('local');
  });

  it('waits with ticking for a change that is under way, which nobody would hear of else', async () => {
    await createQueue('busy');
    const client = await harness.ownPool().connect();
    try {
      await client.query(`BEGIN; UPDATE queue SET name = 'Changed' WHERE id = 'busy'`);
      const ticked = configuration().setShared({ kind: 'queue', objectId: 'busy', shared: true });
      await expect.poll(async () => (await harness.superuser.query(`SELECT FROM pg_locks WHERE NOT granted AND relation = 'print_submit.shared_object'::regclass`)).rowCount).toBe(1);
      expect(await told()).toEqual([]);
      await client.query('COMMIT');
      await ticked;
    } finally {
      client.release();
    }
    expect((await told()).map(({ objectId }) => objectId)).toEqual(['busy']);
  });

  it('tells in the very transaction of a change: one that fails is told to nobody', async () => {
    await createQueue('undone');
    await configuration().setShared({ kind: 'queue', objectId: 'undone', shared: true });
    const client = await harness.ownPool().connect();
    await client.query(`BEGIN; UPDATE queue SET name = 'Changed' WHERE id = 'undone'; ROLLBACK`);
    client.release();
    expect((await told()).map(({ objectId }) => objectId)).toEqual(['undone']);
  });

  it('gives a body that another server takes, twice without a second change, and refuses its own administrators to touch it', async () => {
    await createQueue('original', 'Original');
    await configuration().setShared({ kind: 'queue', objectId: 'original', shared: true });
    const read = await configuration().readObject({ kind: 'queue', objectId: 'original' });
    expect(JSON.parse(Buffer.from(read.body).toString())).toMatchObject({ queueId: 'original', name: 'Original', printerUri: URI, validation: true });
    const order = { kind: 'queue', objectId: 'copy', body: body({ ...JSON.parse(Buffer.from(read.body).toString()), queueId: 'copy' }) };
    expect(await configuration().applyObject(order)).toMatchObject({ outcome: 'created', problem: '', renamedLocal: '' });
    expect(await configuration().applyObject(order)).toMatchObject({ outcome: 'unchanged' });
    expect((await told()).map(({ objectId }) => objectId)).toEqual(['original']);
    const copy = await configuration().readObject({ kind: 'queue', objectId: 'copy' });
    expect(Buffer.from(copy.body)).toEqual(order.body);
    expect(copy.state).toMatchObject({ provenance: 'received' });

    const problem = 'The queue "copy" comes from the master: change it there.';
    expect(await refusal(instance.queues.updateQueue({ queueId: 'copy', settings: queueSettings('copy', 'Mine') }))).toBe(problem);
    expect(await refusal(instance.queues.deleteQueue({ queueId: 'copy' }))).toBe(problem);
    expect(await refusal(configuration().setShared({ kind: 'queue', objectId: 'copy', shared: false }))).toContain('comes from the master');

    expect(await configuration().applyObject({ ...order, body: body({ ...queueSettings('copy', 'Changed'), holdHours: 9 }) })).toMatchObject({ outcome: 'changed' });
    expect((await instance.queues.getQueue({ queueId: 'copy' })).queue?.settings).toMatchObject({ name: 'Changed', holdHours: 9 });
    expect(await configuration().applyObject({ ...order, deleted: true })).toMatchObject({ outcome: 'deleted' });
    expect(await configuration().applyObject({ ...order, deleted: true })).toMatchObject({ outcome: 'absent' });
  });

  it('says what is wrong with what it is to apply, and changes nothing', async () => {
    const apply = (text: object, kind = 'queue') => configuration().applyObject({ kind, objectId: 'bad', body: body(text) });
    expect(await apply({ ...queueSettings('bad'), printerUri: 'nonsense' })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('printerUri') as string });
    expect(await apply({ ...queueSettings('bad'), fromTheFuture: 1 })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('fromTheFuture') as string });
    expect(await apply({ ...queueSettings('bad'), groupId: 'nowhere' })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('groupId') as string });
    expect(await apply({}, 'no-such-kind')).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('no-such-kind') as string });
    expect(await provenanceOf('queue', 'bad')).toBeUndefined();
  });

  it('rehearses what it is to apply without a trace', async () => {
    await createQueue('kept', 'Kept');
    const apply = (queueId: string, text: object, more = {}) => configuration().applyObject({ kind: 'queue', objectId: queueId, body: body(text), dryRun: true, serverName: 'Lyon', ...more });
    expect(await apply('rehearsed', queueSettings('rehearsed'))).toMatchObject({ outcome: 'created' });
    expect(await apply('rehearsed', { ...queueSettings('rehearsed'), locationId: 'nowhere' })).toMatchObject({ outcome: 'refused' });
    expect(await apply('kept', queueSettings('kept', 'Other'))).toMatchObject({ outcome: 'created', renamedLocal: 'kept-Lyon' });
    expect(await provenanceOf('queue', 'rehearsed')).toBeUndefined();
    expect((await instance.queues.getQueue({ queueId: 'kept' })).queue?.settings?.name).toBe('Kept');
    expect(await provenanceOf('queue', 'kept')).toBe('local');
    await configuration().applyObject({ kind: 'queue', objectId: 'theirs', body: body(queueSettings('theirs')) });
    expect(await apply('theirs', queueSettings('theirs', 'Other'))).toMatchObject({ outcome: 'changed' });
    expect(await apply('theirs', {}, { deleted: true })).toMatchObject({ outcome: 'deleted' });
    expect((await instance.queues.getQueue({ queueId: 'theirs' })).queue?.settings?.name).toBe('theirs');
  });

  it('makes room for a queue of the master, unless jobs of its own wait there', async () => {
    await createQueue('front', 'Front desk');
    const order = { kind: 'queue', objectId: 'front', body: body({ ...queueSettings('front', 'Reception'), holdHours: 5 }), serverName: 'Saint-Étienne (2)' };
    const { jobIds } = await harness.mail('front');
    await expect.poll(() => harness.stateOf(jobIds[0])).toContain('pending-held');
    expect(await configuration().applyObject(order)).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('1 unfinished jobs') as string });
    for (const jobId of jobIds) await instance.jobs.cancelJob({ jobId });
    expect(await configuration().applyObject(order)).toMatchObject({ outcome: 'created', renamedLocal: 'front-Saint-Etienne-2' });
    expect((await instance.queues.getQueue({ queueId: 'front' })).queue?.settings?.name).toBe('Reception');
    expect((await instance.queues.getQueue({ queueId: 'front-Saint-Etienne-2' })).queue?.settings?.name).toBe('Front desk (Saint-Étienne (2))');
    expect([await provenanceOf('queue', 'front'), await provenanceOf('queue', 'front-Saint-Etienne-2')]).toEqual(['received', 'local']);
  });

  it('puts an earlier version back on the master itself, and keeps what it was given once it is alone', async () => {
    await createQueue('back', 'First');
    await configuration().setShared({ kind: 'queue', objectId: 'back', shared: true });
    const { body: first } = await configuration().readObject({ kind: 'queue', objectId: 'back' });
    await instance.queues.deleteQueue({ queueId: 'back' });
    expect(await configuration().applyObject({ kind: 'queue', objectId: 'back', body: first, provenance: 'shared' })).toMatchObject({ outcome: 'created' });
    expect((await told()).map(({ objectId, deleted }) => [objectId, deleted])).toEqual([['back', false], ['back', true], ['back', false]]);
    expect(await provenanceOf('queue', 'back')).toBe('shared');

    await configuration().applyObject({ kind: 'queue', objectId: 'given', body: body(queueSettings('given')) });
    await configuration().keepObjects({ as: 'local', kind: 'queue', objectId: 'given' });
    await instance.queues.updateQueue({ queueId: 'given', settings: queueSettings('given', 'Mine now') });
    expect(await provenanceOf('queue', 'given')).toBe('local');
  });
});
