import { randomUUID } from 'node:crypto';
import { type Client, createClient, createRouterTransport } from '@connectrpc/connect';
import type { DescService } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MasterMessage, ReplicationService } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { peerKey } from './answer-servers/peer.js';
import { checksumOf } from './compare-checksums/checksum.js';
import type { DomainSettings } from './domain/domain.js';
import { Replica } from './replicas.harness.js';

// What the master's side alone costs for a thousand slaves: their own side is an answer at once, and there is no network and no TLS between them.
const SLAVES = 1_000;

/** A slave as its master sees it. */
class SimulatedSlave {
  position = 0;
  readonly objects = new Map<string, { kind: string; objectId: string; digest: string }>();

  constructor(readonly serverId: string) {}

  obey({ batch }: MasterMessage): void {
    for (const { kind, objectId, deleted, digest } of batch?.orders ?? []) {
      if (deleted) this.objects.delete(objectId);
      else this.objects.set(objectId, { kind, objectId, digest: Buffer.from(digest).toString('hex') });
    }
    if (batch) this.position = Number(batch.until);
  }

  say(domainId: string) {
    return { domainId, epoch: 1n, position: BigInt(this.position), positionEpoch: this.position === 0 ? 0n : 1n, revision: 1_000n, checksum: Buffer.from(checksumOf(this.objects.values()), 'hex') };
  }
}

const network: Replica[] = [];
let master: Replica;
const slaves = Array.from({ length: SLAVES }, () => new SimulatedSlave(randomUUID()));
const byId = new Map(slaves.map((slave) => [slave.serverId, slave]));
const domainId = randomUUID();

beforeAll(async () => {
  master = await Replica.make('Master', network);
  master.clientTo = <S extends DescService>(service: S, serverId: string): Client<S> => createClient(service, createRouterTransport((router) => router.service(ReplicationService, {
    deliver: ({ message }) => {
      const slave = byId.get(serverId);
      if (message) slave?.obey(message);
      return slave ? { message: slave.say(domainId) } : {};
    },
  })));
});
afterAll(() => master.remove());

async function begin(settings: Partial<DomainSettings>): Promise<void> {
  if (master.built) await master.stop();
  await master.query('DELETE FROM domain');
  master.printSubmit.objects.clear();
  for (const slave of slaves) Object.assign(slave, { position: 0 }).objects.clear();
  await master.enter(domainId, master, 1, settings);
  await master.query(`INSERT INTO member (server_id, name, version, role, uri, sealing_public_key, certificate_serial, certificate_ends_at, may_be_promoted)
    SELECT id, id::text, '1', 'slave', 'https://x', $2, '1', now(), false FROM unnest($1::uuid[]) AS id`, [slaves.map(({ serverId }) => serverId), master.sealing.publicKey]);
  await master.start();
}

async function change(objectId: string, secrets?: string): Promise<void> {
  const object = { kind: 'queue', objectId, name: objectId, body: { name: objectId, at: Date.now() }, ...(secrets === undefined ? {} : { secrets }) };
  master.printSubmit.put(object);
  await master.built?.changes.record('print-submit', object, 'change');
}

const level = (position: number) => expect.poll(() => slaves.filter((slave) => slave.position === position).length, { interval: 20, timeout: 60_000 }).toBe(SLAVES);

async function measured(act: () => Promise<void>): Promise<{ ms: number; cpuMs: number }> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await act();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: Math.round(performance.now() - began), cpuMs: Math.round((user + system) / 1_000) };
}

it('tells a thousand slaves of a change', { timeout: 180_000 }, async () => {
  await begin({});
  await change('first');
  await level(1);
  const plain = await measured(async () => {
    await change('second');
    await level(2);
  });
  const secret = await measured(async () => {
    await change('third', '{"password":"x"}');
    await level(3);
  });
  process.stdout.write(`${JSON.stringify({ slaves: SLAVES, plain, withSecrets: secret })}\n`);
});

it('keeps a thousand calls open, and answers all when something changes', { timeout: 180_000 }, async () => {
  await begin({ mode: 'mailbox', waitMinSeconds: 0, waitMaxSeconds: 60, waitJitterSeconds: 0 });
  const { built } = master;
  await expect.poll(() => master.query('SELECT epoch FROM log_epoch')).toHaveLength(1);
  const call = async (slave: SimulatedSlave): Promise<void> => {
    const client = createClient(ReplicationService, createRouterTransport((router) => built?.routes(router), {
      router: { interceptors: [(next) => async (request) => {
        request.contextValues.set(peerKey, { serverId: slave.serverId, role: 'slave' });
        return next(request);
      }] },
    }));
    const { message } = await client.exchange({ message: slave.say(domainId), holdMs: 5_000 });
    if (message) slave.obey(message);
  };
  const rest = await measured(async () => {
    await Promise.all(slaves.map(call));
  });
  const woken = await measured(async () => {
    const calls = slaves.map(call);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await change('first');
    await Promise.all(calls);
    await level(1);
  });
  process.stdout.write(`${JSON.stringify({ slaves: SLAVES, atRestFor5s: rest, changeAfterHalfASecond: woken })}\n`);
});
