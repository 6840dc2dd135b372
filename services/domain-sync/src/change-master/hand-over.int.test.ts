import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { CauseDown } from '@inkpost/failure/failure.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { makeAuthority } from '@inkpost/trust/certificate-authority.js';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { peerOf } from '../answer-servers/peer.js';
import { DomainStore } from '../domain/domain.store.js';
import { MembershipStore } from '../domain/membership.store.js';
import { authorityKeyContext } from '../domain/sealed-keys.js';
import { Succeed } from '../domain/succeed.js';
import type { OwnedObject } from '../owner-stand-in.harness.js';
import { Replica } from '../replicas.harness.js';
import { ChangeMaster } from './change-master.js';

const log = createLog('test', 'fatal');
const sender = new FlowSender('redis://127.0.0.1:1', log);
const network: Replica[] = [];
let domainId = '';
/** Called when the heir is asked to take over. */
let onTakeOver: () => Promise<void> = async () => undefined;

function both(): readonly [Replica, Replica] {
  const [master, heir] = network;
  if (!master || !heir) throw new Error('unreachable');
  return [master, heir];
}

const domainsOf = (replica: Replica) => new DomainStore(replica.pool, replica.masterKey);

/** As in production, but for the door between the two. */
function changeOf(replica: Replica): ChangeMaster {
  const domains = domainsOf(replica);
  const built = () => {
    if (!replica.built) throw new Error('unreachable');
    return replica.built;
  };
  return new ChangeMaster({
    domains, log, memberships: new MembershipStore(replica.pool, new FlowClient(replica.pool, sender), replica.masterKey), succeed: new Succeed(replica.pool, domains, log), ownId: async () => replica.serverId,
    clients: { clientFor: (service, { serverId }) => replica.clientTo(service, serverId) }, onPlaceChanged: () => built().replication.now(), tellOthers: () => undefined,
    place: () => built().place(), whileLevel: (serverId, act) => built().hold.whileLevel(serverId, act),
  });
}

beforeAll(async () => {
  for (const name of ['Master', 'Heir']) await Replica.make(name, network);
  const [, heir] = both();
  heir.answersToo = (router) => router.service(MembershipService, {
    takeOver: async (request, context) => {
      await onTakeOver();
      // As every listener says what can't be.
      return { succession: await changeOf(heir).takeOver(request, peerOf(context).serverId).catch((error: Error) => Promise.reject(new ConnectError(error.message, Code.FailedPrecondition))) };
    },
    report: () => ({}),
  });
  return () => Promise.all([...network.map(async (replica) => replica.remove()), sender.stop()]);
});

beforeEach(async () => {
  const authority = await makeAuthority('Test', { now: new Date(), days: 1 });
  domainId = randomUUID();
  onTakeOver = async () => undefined;
  for (const replica of network) {
    for (const owner of replica.owners.values()) Object.assign(owner, { refuse: () => undefined, beforeApply: async () => undefined }).objects.clear();
    await replica.query('DELETE FROM domain');
    await replica.enter(domainId, both()[0], 1, {});
    await replica.query('UPDATE domain SET authority_certificate = $1, sealed_authority_key = $2', [authority.certificatePem, sealSecret(replica.masterKey, authorityKeyContext(domainId), authority.keyPem)]);
    await replica.start();
  }
});

afterEach(() => Promise.all(network.map(async (replica) => (replica.built ? replica.stop() : undefined))));

const queue = (objectId: string, place: string): OwnedObject => ({ kind: 'queue', objectId, name: objectId, body: { name: objectId, place } });

async function record(object: OwnedObject): Promise<boolean | undefined> {
  return both()[0].built?.changes.record('print-submit', object, 'change');
}

async function set(object: OwnedObject): Promise<void> {
  both()[0].printSubmit.put(object);
  await record(object);
}

const handOver = () => changeOf(both()[0]).promote(both()[1].serverId);
const places = () => Promise.all(network.map(async (replica) => {
  const domain = await domainsOf(replica).current();
  return `${domain?.role} ${domain?.epoch}`;
}));
const provenances = (replica: Replica) => [...replica.printSubmit.objects.values()].map(({ provenance }) => provenance);

it('a name that is no identifier of a server is refused with where identifiers are shown', async () => {
  await expect(changeOf(both()[0]).promote('Heir')).rejects.toThrow('There is no server "Heir" in the domain: give its identifier');
});

it('an heir that could not apply something, or stands elsewhere than the master, is refused in its own words, and nothing changes', async () => {
  const [master, heir] = both();
  heir.printSubmit.refuse = ({ objectId }) => (objectId === 'bad' ? 'The name is taken.' : undefined);
  await set(queue('bad', 'lobby'));
  await expect.poll(() => handOver().then(() => '', (error: Error) => error.message)).toMatch(/^Heir could not apply 1 orders\. What it has not would be lost; .*\/differences/);
  heir.printSubmit.refuse = () => undefined;
  await set(queue('bad', 'garden'));
  await expect.poll(() => heir.printSubmit.shared()).toEqual(master.printSubmit.shared());
  // It was put back from a backup since it spoke last, at the very last moment.
  onTakeOver = async () => void (await heir.query('UPDATE log_position SET position = 1'));
  await expect(handOver()).rejects.toThrow(/^Heir stands at 1 of 2 orders\./);
  expect([await places(), provenances(master)]).toEqual([['master 1', 'slave 1'], ['shared']]);
});

it('what is changed while the place is handed over is not lost: either the heir has it, or nobody may change it', async () => {
  const [master, heir] = both();
  await set(queue('q1', 'lobby'));
  // Changed, deleted and new, and told to nobody yet; security profiles go by a schedule else.
  await set(queue('q2', 'attic'));
  master.printSubmit.put(queue('q1', 'changed'));
  master.printSubmit.remove(queue('q2', ''));
  master.printSubmit.put(queue('q3', 'new'));
  master.owner('guest-account').put({ ...queue('desk', 'some'), kind: 'security-profile' });
  let meanwhile: unknown;
  onTakeOver = async () => {
    meanwhile = [provenances(master), await record(queue('q1', '')).catch((error: unknown) => error)];
  };
  await handOver();
  expect(meanwhile).toEqual([['received', 'received'], expect.any(CauseDown)]);
  expect(await places()).toEqual(['slave 2', 'master 2']);
  const shared = { 'queue q1': { name: 'q1', place: 'changed' }, 'queue q3': { name: 'q3', place: 'new' } };
  expect([heir.printSubmit.shared(), master.printSubmit.shared(), heir.owner('guest-account').shared()]).toEqual([shared, shared, { 'security-profile desk': { name: 'desk', place: 'some' } }]);
  expect(provenances(master)).toEqual(['received', 'received']);
  // What waited for the log finds that this server is the master no longer.
  expect(await record(queue('q1', ''))).toBe(false);
  expect(await master.query('SELECT held_until FROM log_position')).toEqual([{ held_until: null }]);
});

it('a master whose heir is lost meanwhile stays the master, and takes changes again; so does one that was started again', async () => {
  const [master, heir] = both();
  await set(queue('q1', 'lobby'));
  onTakeOver = async () => {
    throw new ConnectError('The server is not reached.', Code.Unavailable);
  };
  await expect(handOver()).rejects.toThrow('Heir did not take over: The server is not reached.');
  expect([(await places())[0], provenances(master)]).toEqual(['master 1', ['shared']]);
  await set(queue('q1', 'garden'));
  await expect.poll(() => heir.printSubmit.shared()).toEqual({ 'queue q1': { name: 'q1', place: 'garden' } });
  // Killed in the midst of it.
  await master.stop();
  for (const object of master.printSubmit.objects.values()) object.provenance = 'received';
  await master.start();
  await expect.poll(() => provenances(master)).toEqual(['shared']);
});
