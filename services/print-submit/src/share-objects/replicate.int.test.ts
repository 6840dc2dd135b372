import { Code, ConnectError, type Client } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { FilterService, TariffService } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { LocationService } from '@inkpost/contracts/admin/v1/locations_pb.js';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { ReleaseProfileService } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { type Instance, PrintHarness } from '../print-submit.harness.js';

const RIGHTS = ['configuration.read', 'configuration.write'] as const;
const KINDS = ['default-release-profile', 'filter', 'location', 'queue', 'queue-group', 'release-profile', 'tariff'];

interface Server {
  readonly instance: Instance;
  readonly configuration: Client<typeof ConfigurationService>;
  readonly locations: Client<typeof LocationService>;
  readonly groups: Client<typeof QueueGroupService>;
  readonly tariffs: Client<typeof TariffService>;
  readonly filters: Client<typeof FilterService>;
  readonly profiles: Client<typeof ReleaseProfileService>;
}

function serverOf(instance: Instance): Server {
  return {
    instance,
    configuration: instance.client(ConfigurationService, RIGHTS), locations: instance.client(LocationService, RIGHTS), groups: instance.client(QueueGroupService, RIGHTS),
    tariffs: instance.client(TariffService, RIGHTS), filters: instance.client(FilterService, RIGHTS), profiles: instance.client(ReleaseProfileService, RIGHTS),
  };
}

function queue(queueId: string, more = {}) {
  return { settings: { queueId, name: queueId, printerUri: 'ipp://127.0.0.1:1/ipp/print', validation: true, ...more } };
}

/** Kind, identifier and digest of all that a server shares, or was given. */
async function digests({ configuration }: Server): Promise<Map<string, string>> {
  const { objects } = await configuration.listSharedObjects({});
  return new Map(objects.map(({ kind, objectId, digest }) => [`${kind} ${objectId}`, Buffer.from(digest).toString('hex')]));
}

/** One object from the master to the slave, what it needs before it. */
async function copy(from: Server, to: Server, reference: { readonly kind: string; readonly objectId: string }, done = new Set<string>()): Promise<string[]> {
  if (done.has(`${reference.kind} ${reference.objectId}`)) return [];
  done.add(`${reference.kind} ${reference.objectId}`);
  const { body, needs } = await from.configuration.readObject(reference);
  const renamed: string[] = [];
  for (const need of needs) renamed.push(...(await copy(from, to, need, done)));
  const { kind, objectId } = reference;
  const { outcome, problem, renamedLocal } = await to.configuration.applyObject({ kind, objectId, body, serverName: 'Site 7' });
  expect(problem, `${kind} ${objectId}`).toBe('');
  expect(['created', 'changed', 'unchanged']).toContain(outcome);
  return renamedLocal === '' ? renamed : [...renamed, `${kind} ${renamedLocal}`];
}

async function copyAll(from: Server, to: Server): Promise<string[]> {
  const { objects } = await from.configuration.listSharedObjects({});
  const done = new Set<string>();
  const renamed: string[] = [];
  for (const { kind, objectId } of objects) renamed.push(...(await copy(from, to, { kind, objectId }, done)));
  return renamed;
}

async function expectReadOnly(call: Promise<unknown>): Promise<void> {
  const error = ConnectError.from(await call.then(() => undefined, (thrown: unknown) => thrown));
  expect([error.code, error.rawMessage]).toEqual([Code.FailedPrecondition, expect.stringContaining('comes from the master: change it there.')]);
}

describe('what print-submit of one server gives and what another takes', () => {
  let master: Server;
  let slave: Server;

  beforeAll(async () => {
    const harnesses = await Promise.all([PrintHarness.start(), PrintHarness.start()]);
    const [first, second] = await Promise.all(harnesses.map((harness) => harness.startInstance()));
    if (!first || !second) throw new Error('two instances were started');
    [master, slave] = [serverOf(first), serverOf(second)];
    return async () => {
      await Promise.all(harnesses.map((harness) => harness.remove()));
    };
  });

  it('is equal by digest, for every kind, with what each needs, beside what the slave has of its own', async () => {
    const { location: place } = await master.locations.createLocation({ name: 'Lyon' });
    const { location: room } = await master.locations.createLocation({ name: 'Room 1', parentId: place?.locationId ?? '' });
    await master.instance.queues.createQueue(queue('overflow'));
    await master.groups.createQueueGroup({ settings: { groupId: 'floor', name: 'Floor', validation: true, redirection: { when: 'fault', queueId: 'overflow' }, administrators: ['admin@example.org'] } });
    await master.instance.queues.createQueue(queue('front', { groupId: 'floor', locationId: room?.locationId ?? '', tags: ['a', 'b'] }));
    await master.tariffs.putTariff({ tariff: { tariffId: 'front', name: 'Front', queueId: 'front', perSheet: 40n }, create: true });
    await master.filters.putFilter({ filter: { filterId: 'night', name: 'Night', enabled: true, when: { pagesMin: 3 }, action: { kind: 'redirect', queueId: 'overflow' } }, create: true });
    await master.profiles.createReleaseProfile({ settings: { profileId: 'cards', name: 'Cards', means: ['card-pin'], default: true, queueIds: ['front'], locationIds: [place?.locationId ?? ''], networks: ['192.0.2.0/24'] } });
    // Of the slave alone, and in the way.
    await slave.locations.createLocation({ name: 'Lyon' });
    await slave.instance.queues.createQueue(queue('front', { name: 'Ours' }));
    await slave.tariffs.putTariff({ tariff: { tariffId: 'ours', name: 'Ours', queueId: 'front', perSheet: 10n }, create: true });
    await slave.filters.putFilter({ filter: { filterId: 'ours', name: 'Ours', enabled: true, when: { queueIds: ['front'] }, action: { kind: 'refuse' } }, create: true });

    for (const [kind, objectId] of [['tariff', 'front'], ['filter', 'night'], ['default-release-profile', 'default']] as const) await master.configuration.setShared({ kind, objectId, shared: true });
    const shared = await digests(master);
    expect([...new Set([...shared.keys()].map((key) => key.split(' ')[0]))].sort()).toEqual(KINDS);

    expect((await copyAll(master, slave)).sort()).toEqual(['location Lyon (Site 7)', 'queue front-Site-7']);
    expect(await digests(slave)).toEqual(shared);
    expect(await copyAll(master, slave)).toEqual([]);
    expect(await digests(slave)).toEqual(shared);

    expect((await slave.tariffs.listTariffs({})).tariffs.find(({ tariffId }) => tariffId === 'ours')?.queueId).toBe('front-Site-7');
    const { filters } = await slave.filters.listFilters({});
    expect(filters.map(({ filterId, provenance }) => [filterId, provenance])).toEqual([['night', 'received'], ['ours', 'local']]);
    expect((await slave.instance.queues.listQueues({})).queues.map(({ settings, provenance }) => [settings?.queueId, provenance])).toEqual([['front', 'received'], ['front-Site-7', 'local'], ['overflow', 'received']]);
    expect((await master.instance.queues.getQueue({ queueId: 'front' })).queue?.provenance).toBe('shared');
    expect((await slave.groups.getQueueGroup({ groupId: 'floor' })).group?.provenance).toBe('received');
    expect((await slave.profiles.getReleaseProfile({ profileId: 'cards' })).profile?.provenance).toBe('received');
    expect(filters[1]?.when?.queueIds).toEqual(['front-Site-7']);
  });

  it('is for the slave to read', async () => {
    const { location } = await slave.locations.listLocations({}).then(({ locations }) => ({ location: locations.find(({ name }) => name === 'Lyon') }));
    await expectReadOnly(slave.locations.updateLocation({ locationId: location?.locationId ?? '', name: 'Elsewhere' }));
    await expectReadOnly(slave.groups.updateQueueGroup({ groupId: 'floor', settings: { groupId: 'floor', name: 'Mine', validation: true } }));
    await expectReadOnly(slave.tariffs.deleteTariff({ tariffId: 'front' }));
    await expectReadOnly(slave.filters.putFilter({ filter: { filterId: 'night', name: 'Mine', enabled: false, action: { kind: 'refuse' } } }));
    await expectReadOnly(slave.profiles.updateReleaseProfile({ profileId: 'cards', settings: { profileId: 'cards', name: 'Mine', means: ['puk'], default: true } }));
    await expectReadOnly(slave.profiles.createReleaseProfile({ settings: { profileId: 'mine', name: 'Mine', means: ['puk'], default: true } }));
    // Its own are its own: they can be put into another order behind those of the master.
    await slave.filters.putFilter({ filter: { filterId: 'later', name: 'Later', enabled: true, action: { kind: 'refuse' } }, create: true });
    const { filters } = await slave.filters.orderFilters({ filterIds: ['later', 'night', 'ours'] });
    expect(filters.map(({ filterId }) => filterId)).toEqual(['night', 'later', 'ours']);
    expect(await digests(slave)).toEqual(await digests(master));
  });

  it('follows each change of the master, also of what an object is made of and of what it needs anew', async () => {
    await master.instance.queues.createQueue(queue('third'));
    await master.filters.putFilter({ filter: { filterId: 'first', name: 'First', enabled: true, when: { queueIds: ['third'] }, action: { kind: 'ask', message: 'Sure?' } }, create: true });
    await master.configuration.setShared({ kind: 'filter', objectId: 'first', shared: true });
    await master.filters.orderFilters({ filterIds: ['first', 'night'] });
    await master.profiles.updateReleaseProfile({ profileId: 'cards', settings: { profileId: 'cards', name: 'Cards', means: ['card-pin'], default: true, queueIds: ['third'] } });
    await master.tariffs.putTariff({ tariff: { tariffId: 'front', name: 'Front', queueId: 'third', perSheet: 41n } });
    await copyAll(master, slave);
    expect(await digests(slave)).toEqual(await digests(master));
    expect((await slave.filters.listFilters({})).filters.map(({ filterId }) => filterId)).toEqual(['first', 'night', 'later', 'ours']);
  });

  it('takes its conditions and its places from what the slave has of its own, which rests or stays elsewhere, and says so in a rehearsal and on both servers', async () => {
    const conditions = { media: 'iso_a3', colorMode: 'color' };
    // The same identifier too; and a profile that holds at two places of which the master wants one.
    for (const [tariffId, more] of [['a3', conditions], ['big', { media: 'iso_a2' }]] as const) await slave.tariffs.putTariff({ tariff: { tariffId, name: tariffId, ...more, perSheet: 10n }, create: true });
    await slave.profiles.createReleaseProfile({ settings: { profileId: 'desk', name: 'Desk', means: ['puk'], queueIds: ['overflow'], networks: ['198.51.100.0/24', '203.0.113.0/24'] } });
    await master.tariffs.putTariff({ tariff: { tariffId: 'a3', name: 'A3', ...conditions, perSheet: 90n }, create: true });
    await master.tariffs.putTariff({ tariff: { tariffId: 'a2', name: 'A2', media: 'iso_a2', perSheet: 99n }, create: true });
    await master.profiles.createReleaseProfile({ settings: { profileId: 'everywhere', name: 'Everywhere', means: ['card-pin'], queueIds: ['overflow'], networks: ['203.0.113.0/24'] } });
    const shared = [['tariff', 'a3'], ['tariff', 'a2'], ['release-profile', 'everywhere']] as const;
    for (const [kind, objectId] of shared) await master.configuration.setShared({ kind, objectId, shared: true });
    const rehearsed: string[] = [];
    for (const [kind, objectId] of shared) {
      const { body } = await master.configuration.readObject({ kind, objectId });
      const { outcome, renamedLocal } = await slave.configuration.applyObject({ kind, objectId, body, serverName: 'Site 7', dryRun: true });
      rehearsed.push(`${kind} ${renamedLocal}`);
      expect(outcome).toBe('created');
    }
    const told = ['tariff a3-Site-7: rests, it is for the very same prints', 'tariff big (Site 7): rests, it is for the very same prints', 'release-profile Desk no longer at the queue overflow; Desk no longer at the network 203.0.113.0/24'];
    expect(rehearsed).toEqual(told);
    const own = async () => {
      const { tariffs } = await slave.tariffs.listTariffs({});
      const { profile } = await slave.profiles.getReleaseProfile({ profileId: 'desk' });
      return [tariffs.filter(({ provenance, tariffId }) => provenance === 'local' && tariffId !== 'ours').map(({ tariffId, resting }) => [tariffId, resting]), profile?.settings?.queueIds, profile?.settings?.networks];
    };
    expect(await own()).toEqual([[['a3', false], ['big', false]], ['overflow'], ['198.51.100.0/24', '203.0.113.0/24']]);
    expect((await copyAll(master, slave)).toSorted()).toEqual(told.toSorted());
    expect(await digests(slave)).toEqual(await digests(master));
    expect(await own()).toEqual([[['a3-Site-7', true], ['big', true]], [], ['198.51.100.0/24']]);
    const price = async () => (await slave.tariffs.previewPrice({ queueId: 'overflow', groups: [], colorMode: 'color', sides: 'one-sided', media: 'iso_a3_297x420mm', pages: 1, copies: 1 })).price;
    expect(await price()).toBe(90n);
    // It is woken by who puts it again, once its conditions are free.
    const again = { tariffId: 'a3-Site-7', name: 'Ours', ...conditions, perSheet: 10n };
    await expect(slave.tariffs.putTariff({ tariff: again })).rejects.toThrow('the very same conditions');
    await master.tariffs.deleteTariff({ tariffId: 'a3' });
    await slave.configuration.applyObject({ kind: 'tariff', objectId: 'a3', deleted: true });
    expect(await price()).toBe(0n);
    expect((await slave.tariffs.putTariff({ tariff: again })).tariff?.resting).toBe(false);
    expect(await price()).toBe(10n);
  });

  it('changes places and conditions among its own objects, whichever of them comes first', async () => {
    await master.tariffs.putTariff({ tariff: { tariffId: 'a1', name: 'A1', media: 'iso_a1', perSheet: 99n }, create: true });
    await master.configuration.setShared({ kind: 'tariff', objectId: 'a1', shared: true });
    await copyAll(master, slave);
    await master.tariffs.putTariff({ tariff: { tariffId: 'a1', name: 'A1', media: 'iso_a0', perSheet: 99n } });
    await master.tariffs.putTariff({ tariff: { tariffId: 'a2', name: 'A2', media: 'iso_a1', perSheet: 99n } });
    const profile = (profileId: string, queueIds: string[]) => master.profiles.updateReleaseProfile({ profileId, settings: { profileId, name: profileId, means: ['card-pin'], queueIds, default: profileId === 'cards' } });
    await profile('everywhere', []);
    await profile('cards', ['third', 'overflow']);
    const before = await slave.configuration.readObject({ kind: 'tariff', objectId: 'a1' });
    for (const [kind, objectId] of [['tariff', 'a2'], ['release-profile', 'cards']] as const) expect(await copy(master, slave, { kind, objectId })).toEqual([]);
    // What rests until its own order comes is not as the master has it, whatever that order says.
    expect((await slave.configuration.readObject({ kind: 'tariff', objectId: 'a1' })).state?.digest).not.toEqual(before.state?.digest);
    expect(await copyAll(master, slave)).toEqual([]);
    expect(await digests(slave)).toEqual(await digests(master));
    expect((await slave.tariffs.listTariffs({})).tariffs.filter(({ tariffId }) => ['a1', 'a2'].includes(tariffId)).map(({ media, resting }) => [media, resting])).toEqual([['iso_a0', false], ['iso_a1', false]]);
  });

  it('is not ticked where it would need itself', async () => {
    for (const groupId of ['east', 'west']) {
      await master.groups.createQueueGroup({ settings: { groupId, name: groupId, validation: true } });
      await master.instance.queues.createQueue(queue(groupId, { groupId }));
    }
    for (const [groupId, queueId] of [['east', 'west'], ['west', 'east']] as const) {
      await master.groups.updateQueueGroup({ groupId, settings: { groupId, name: groupId, validation: true, redirection: { when: 'fault', queueId } } });
    }
    await expect(master.configuration.setShared({ kind: 'queue', objectId: 'east', shared: true })).rejects.toThrow('needs itself');
    expect((await digests(master)).has('queue east')).toBe(false);
  });

  it('can be unticked only while nothing that is shared needs it', async () => {
    await expect(master.configuration.setShared({ kind: 'queue', objectId: 'third', shared: false })).rejects.toThrow('is shared and needs it');
    await master.configuration.setShared({ kind: 'filter', objectId: 'first', shared: false });
    expect((await digests(master)).has('filter first')).toBe(false);
  });

  it('goes where the master deletes it', async () => {
    await master.filters.deleteFilter({ filterId: 'night' });
    await master.tariffs.deleteTariff({ tariffId: 'front' });
    const before = await digests(slave);
    const after = await digests(master);
    for (const key of before.keys()) {
      if (after.has(key)) continue;
      const [kind = '', objectId = ''] = key.split(' ');
      expect(await slave.configuration.applyObject({ kind, objectId, deleted: true })).toMatchObject({ outcome: 'deleted', problem: '' });
    }
    expect(await digests(slave)).toEqual(after);
  });
});
