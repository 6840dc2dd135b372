import { randomBytes, randomUUID } from 'node:crypto';
import { type Client, Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import type { DescService } from '@bufbuild/protobuf';
import { DhkemX25519HkdfSha256 } from '@hpke/core';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { peerKey } from './answer-servers/peer.js';
import { OBJECT_OWNERS, type ObjectOwner, Owners } from './call-owner/owners.js';
import { DEFAULT_SETTINGS, type DomainSettings } from './domain/domain.js';
import { DomainStore } from './domain/domain.store.js';
import { memberKeyContext, sealingKeyContext } from './domain/sealed-keys.js';
import { type BuiltReplication, buildReplication } from './domain-sync.replication.js';
import { OwnerStandIn } from './owner-stand-in.harness.js';
import type { ControlRoutes } from '@inkpost/service/control-routes.js';

/** One server of a domain: its own database, its owners, and the replication as it runs in production. */
export class Replica {
  readonly serverId = randomUUID();
  readonly masterKey = parseMasterKey(randomBytes(32).toString('hex'));
  readonly owners = new Map<ObjectOwner, OwnerStandIn>(OBJECT_OWNERS.map((owner) => [owner, new OwnerStandIn(this.masterKey)]));
  sealing = { publicKey: '', privateKey: '' };
  /** Nobody reaches it, and it reaches nobody. */
  cut = false;
  /** Its clock. */
  now = (): Date => new Date();
  /** Calls that reached it, by method. */
  readonly calls: string[] = [];
  built: BuiltReplication | undefined;
  /** What else it answers to other servers. */
  answersToo: ControlRoutes = () => undefined;
  readonly pool: Pool;
  private urls: Record<ObjectOwner, string> | undefined;
  private sender: FlowSender | undefined;
  private keepAlive: Owners | undefined;

  private constructor(
    readonly name: string,
    readonly database: InkpostDatabase,
    private readonly redis: Awaited<ReturnType<typeof createTestRedis>>,
    private readonly network: Replica[],
  ) {
    this.pool = database.pool('domain-sync');
  }

  static async make(name: string, network: Replica[]): Promise<Replica> {
    const replica = new Replica(name, await createInkpostDatabase(), await createTestRedis(), network);
    const kem = new DhkemX25519HkdfSha256();
    const { publicKey, privateKey } = await kem.generateKeyPair();
    const text = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64');
    replica.sealing = { publicKey: text(await kem.serializePublicKey(publicKey)), privateKey: text(await kem.serializePrivateKey(privateKey)) };
    const urls = await Promise.all([...replica.owners].map(async ([owner, standIn]) => [owner, await standIn.start()] as const));
    replica.urls = Object.fromEntries(urls) as Record<ObjectOwner, string>;
    await replica.query('INSERT INTO server (server_id, name) VALUES ($1, $2)', [replica.serverId, name]);
    network.push(replica);
    return replica;
  }

  get printSubmit(): OwnerStandIn {
    return this.owner('print-submit');
  }

  owner(name: ObjectOwner): OwnerStandIn {
    const owner = this.owners.get(name);
    if (!owner) throw new Error('unreachable');
    return owner;
  }

  async query<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.pool.query(sql, values)).rows as T[];
  }

  /** As if it had joined, or the domain had been made here. */
  async enter(domainId: string, master: Replica, epoch: number, settings: Partial<DomainSettings>): Promise<void> {
    const members = this.network;
    await this.query('DELETE FROM member');
    await this.query(`INSERT INTO domain (domain_id, name, description, identifier, role, epoch, master_id, succession, settings, revision, authority_certificate, certificate, sealed_key, sealed_sealing_key)
      VALUES ($1, 'd', '', '', $2, $3, $4, '', $5, $3, '', '', $6, $7)
      ON CONFLICT (only_row) DO UPDATE SET role = excluded.role, epoch = excluded.epoch, master_id = excluded.master_id, settings = excluded.settings, revision = domain.revision + 1`,
      [domainId, master === this ? 'master' : 'slave', epoch, master.serverId, { ...DEFAULT_SETTINGS, ...settings }, sealSecret(this.masterKey, memberKeyContext(domainId), 'key'), sealSecret(this.masterKey, sealingKeyContext(domainId), this.sealing.privateKey)]);
    for (const member of members) {
      await this.query(`INSERT INTO member (server_id, name, version, role, uri, sealing_public_key, certificate_serial, certificate_ends_at, may_be_promoted) VALUES ($1, $2, '1', $3, 'https://x', $4, '1', now(), true)`,
        [member.serverId, member.name, member === master ? 'master' : 'slave', member.sealing.publicKey]);
    }
    this.built?.replication.now();
  }

  async start(): Promise<void> {
    const { redis, pool, masterKey, serverId, name, urls } = this;
    if (!urls) throw new Error('unreachable');
    const log = createLog('test', 'fatal');
    this.sender = new FlowSender(redis.url, log);
    await this.sender.waitForRedis(5_000);
    this.keepAlive = new Owners(urls, async () => 'k'.repeat(32));
    this.built = buildReplication({
      serverId, pool, masterKey, log, version: '1', startedAt: new Date(), now: () => this.now(), owners: this.keepAlive, serverName: async () => name,
      flow: new FlowClient(pool, this.sender), domains: new DomainStore(pool, masterKey), succeed: { watch: () => undefined }, onNewerRevision: () => undefined, onMasterUnreached: () => undefined,
      measureMachine: async () => ({ load: 0, diskFreeBytes: 1n, diskSizeBytes: 2n }),
      answers: { service: (router, service, implementation) => void router.service(service, implementation) },
      clients: { clientFor: (service, { serverId: to }) => this.clientTo(service, to) },
    });
    this.built.replication.onApplicationBootstrap();
    this.built.maintain.onApplicationBootstrap();
    this.built.mailRenamed.onApplicationBootstrap();
  }

  async stop(): Promise<void> {
    await this.built?.mailRenamed.beforeApplicationShutdown();
    await this.built?.maintain.beforeApplicationShutdown();
    await this.built?.replication.beforeApplicationShutdown();
    this.keepAlive?.onModuleDestroy();
    await this.sender?.stop();
    this.built = undefined;
  }

  async remove(): Promise<void> {
    if (this.built) await this.stop();
    for (const owner of this.owners.values()) await owner.stop();
    await this.redis.drop();
    await this.database.drop();
  }

  /** The call goes by Connect's own wire format, within the process. */
  clientTo<S extends DescService>(service: S, serverId: string): Client<S> {
    const other = this.network.find((replica) => replica.serverId === serverId);
    const routes: ControlRoutes | undefined = other?.built?.routes;
    const transport = createRouterTransport((router) => {
      routes?.(router);
      other?.answersToo(router);
    }, {
      router: {
        interceptors: [(next) => async (request) => {
          const [domain] = (await other?.query<{ master_id: string }>('SELECT master_id FROM domain')) ?? [];
          request.contextValues.set(peerKey, { serverId: this.serverId, role: domain?.master_id === this.serverId ? 'master' : 'slave' });
          other?.calls.push(request.method.name);
          return next(request);
        }],
      },
      transport: {
        interceptors: [(next) => async (request) => {
          if (!routes || other?.cut || this.cut) throw new ConnectError('The server is not reached.', Code.Unavailable);
          const answer = await next(request);
          if (other?.cut || this.cut) throw new ConnectError('The connection broke.', Code.Unavailable);
          return answer;
        }],
      },
    });
    return createClient(service, transport);
  }
}
