import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { ConfigurationService, type ObjectState } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { type MasterMessage, type Order, type Rehearsal, type RehearsedOrder, RehearsedOrderSchema, type ServerFigures, type SlaveMessage, SlaveMessageSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import { OBJECT_OWNERS, type Owners } from '../call-owner/owners.js';
import { checksumOf } from '../compare-checksums/checksum.js';
import type { Domain } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import { type Change, keyOf, type ObjectReference } from '../keep-log/log-entry.js';
import type { LogStore } from '../keep-log/log.store.js';
import { objectSecretsContext } from '../keep-log/object-secrets.js';
import { APPLY_WAIT_MS, RENAMED_TOLD_MAX, UNAPPLIED_TOLD_MAX } from '../limits.js';
import { openOfMember } from '../seal-secrets/seal-for-member.js';
import { type ApplyOrders, isObjectOwner, SECRETS_UNREADABLE } from './apply-orders.js';
import type { OrderToTake, TakenOrderStore } from './taken-order.store.js';

export interface FollowMasterParts {
  readonly serverId: string;
  readonly domains: Pick<DomainStore, 'current' | 'sealingKey'>;
  readonly store: TakenOrderStore;
  readonly log: Pick<LogStore, 'head'>;
  readonly apply: ApplyOrders;
  readonly owners: Owners;
  readonly masterKey: MasterKey;
  readonly figures: () => Promise<ServerFigures>;
  /** The master has a newer revision of the domain and its members. */
  readonly onNewerRevision: () => void;
}

/** An object that the domain shares, as its owner here has it. */
interface HeldObject {
  readonly owner: string;
  readonly kind: string;
  readonly objectId: string;
  /** Hexadecimal. */
  readonly digest: string;
}

/** What else a report bears. */
interface Wanted {
  readonly inventory: boolean;
  readonly rehearsal?: { readonly rehearsalId: string; readonly orders: RehearsedOrder[] } | undefined;
}

/** The slave's side of both modes: does what the master says, and tells how it stands. */
export class FollowMaster {
  private heardAt = 0;
  private heardElapsedMs = 0;
  /** Told with the last report; the master's next word means that it has heard it. */
  private toldRenamed: readonly ObjectReference[] = [];

  constructor(private readonly parts: FollowMasterParts) {}

  /** When the master last said something; 0: not since the start. */
  get lastHeardAt(): number {
    return this.heardAt;
  }

  /** Likewise in this process's time, which goes on whatever becomes of the clock. */
  get lastHeardElapsedMs(): number {
    return this.heardElapsedMs;
  }

  /** Throws FailedPrecondition: who speaks is not the master of this server's domain, or no longer. */
  async obey(message: MasterMessage, signal: AbortSignal): Promise<SlaveMessage> {
    const domain = await this.slaveDomain();
    if (message.domainId !== domain.domainId) throw new ConnectError('This server is in another domain.', Code.FailedPrecondition);
    if (Number(message.epoch) < domain.epoch) throw new ConnectError(`The domain has another master since: its epoch is ${domain.epoch}.`, Code.FailedPrecondition);
    this.heardAt = Date.now();
    this.heardElapsedMs = performance.now();
    if (this.toldRenamed.length > 0) await this.parts.store.forgetRenamed(this.toldRenamed);
    this.toldRenamed = [];
    if (Number(message.revision) > domain.revision) this.parts.onNewerRevision();
    if (message.batch) await this.take(domain, message.batch, Number(message.epoch), signal);
    const rehearsal = message.rehearsal && { rehearsalId: message.rehearsal.rehearsalId, orders: await this.rehearse(domain, message.rehearsal) };
    return this.report({ inventory: message.inventoryWanted, rehearsal });
  }

  async report(wanted: Wanted = { inventory: false }): Promise<SlaveMessage> {
    const { store, log, figures } = this.parts;
    const domain = await this.slaveDomain();
    const [{ position, epoch }, pending, renamed, own, objects] = await Promise.all([log.head(), store.pending(), store.renamed(RENAMED_TOLD_MAX), figures(), this.heldObjects().catch(() => undefined)]);
    this.toldRenamed = renamed.map(({ kind, objectId }) => ({ kind, objectId }));
    const heldUpKinds = [...new Set(pending.map(({ kind }) => kind))];
    return create(SlaveMessageSchema, {
      domainId: domain.domainId, epoch: BigInt(domain.epoch), revision: BigInt(domain.revision), position: BigInt(position), positionEpoch: BigInt(epoch), heldUpKinds, figures: own,
      checksum: objects ? Buffer.from(checksumOf(objects, new Set(heldUpKinds)), 'hex') : new Uint8Array(),
      unappliedCount: pending.length,
      unapplied: pending.slice(0, UNAPPLIED_TOLD_MAX).map(({ position: at, kind, objectId, name, problem }) => ({ position: BigInt(at), kind, objectId, name, problem })),
      renamed: renamed.map(({ kind, name, renamedLocal }) => ({ kind, name, renamedLocal })),
      ...(wanted.inventory && objects ? { inventory: { objects: await this.inventory(objects) } } : {}),
      ...(wanted.rehearsal ? { rehearsal: wanted.rehearsal } : {}),
    });
  }

  private async slaveDomain(): Promise<Domain> {
    const domain = await this.parts.domains.current();
    if (domain?.role !== 'slave') throw new ConnectError('This server is no slave.', Code.FailedPrecondition);
    return domain;
  }

  private async take(domain: Domain, batch: NonNullable<MasterMessage['batch']>, epoch: number, signal: AbortSignal): Promise<void> {
    const { store, apply } = this.parts;
    const orders: OrderToTake[] = [];
    for (const order of batch.orders) orders.push(await this.toTake(domain, order));
    const until = batch.complete ? { position: Number(batch.until), epoch: orders.at(-1)?.position === Number(batch.until) ? (orders.at(-1)?.epoch ?? epoch) : epoch } : undefined;
    if (!(await store.take({ after: batch.snapshot ? undefined : Number(batch.after), until, orders }))) return;
    // What takes longer is applied all the same, and told with the next message.
    const enough = AbortSignal.timeout(APPLY_WAIT_MS);
    await Promise.race([apply.run(signal), new Promise((resolve) => enough.addEventListener('abort', resolve, { once: true }))]);
  }

  /** Secrets are opened and sealed by this server's own key at once: nothing clear is ever written. */
  private async toTake({ domainId }: Domain, order: Order): Promise<OrderToTake> {
    const { owner, kind, objectId, name, body, digest, needs, secrets } = order;
    const [position, epoch] = [Number(order.position), Number(order.epoch)];
    const change: Change = order.deleted ? 'deleted' : order.kept ? 'kept' : 'put';
    const privateKey = secrets ? await this.parts.domains.sealingKey() : undefined;
    const place = { domainId, serverId: this.parts.serverId, kind, objectId, position };
    const clear = secrets && privateKey !== undefined ? await openOfMember(privateKey, place, secrets).catch(unreadable) : undefined;
    return {
      position, epoch, owner, kind, objectId, name, change, body: Buffer.from(body).toString('utf8'), digest: Buffer.from(digest).toString('hex'), needs: needs.map((need) => ({ kind: need.kind, objectId: need.objectId })),
      sealedSecrets: clear === undefined || clear === UNREADABLE ? null : sealSecret(this.parts.masterKey, objectSecretsContext(kind, objectId), clear),
      problem: clear === UNREADABLE ? SECRETS_UNREADABLE : '',
    };
  }

  /** What the domain shares, as the owners have it now. Throws where one doesn't answer. */
  private async heldObjects(): Promise<HeldObject[]> {
    const ofOwner = async (owner: (typeof OBJECT_OWNERS)[number]): Promise<HeldObject[]> => {
      const { objects } = await this.parts.owners.client(ConfigurationService, owner).listSharedObjects({ kind: '', includeLocal: false });
      return objects.map((object: ObjectState) => ({ owner, kind: object.kind, objectId: object.objectId, digest: Buffer.from(object.digest).toString('hex') }));
    };
    return (await Promise.all(OBJECT_OWNERS.map(ofOwner))).flat();
  }

  private async inventory(objects: readonly HeldObject[]) {
    const origins = await this.parts.store.origins();
    const applied = new Map(origins.filter(({ pending }) => !pending).map((origin) => [keyOf(origin), origin]));
    const pending = new Map(origins.filter((origin) => origin.pending).map((origin) => [keyOf(origin), origin]));
    const held = objects.filter((object) => !pending.has(keyOf(object))).map((object) => {
      const { position, epoch } = applied.get(keyOf(object)) ?? { position: 0, epoch: 0 };
      return { ...object, digest: Buffer.from(object.digest, 'hex'), position: BigInt(position), epoch: BigInt(epoch) };
    });
    return [...held, ...[...pending.values()].map(({ owner, kind, objectId, position, epoch }) => ({ owner, kind, objectId, position: BigInt(position), epoch: BigInt(epoch) }))];
  }

  private async rehearse(domain: Domain, { orders }: Rehearsal): Promise<RehearsedOrder[]> {
    const outcomes: RehearsedOrder[] = [];
    for (const order of orders) {
      const { kind, objectId } = order;
      outcomes.push(create(RehearsedOrderSchema, { kind, objectId, ...(await this.tryOut(domain, order).catch((error: unknown) => ({ outcome: 'refused', problem: ConnectError.from(error).rawMessage }))) }));
    }
    return outcomes;
  }

  private async tryOut(domain: Domain, order: Order): Promise<{ outcome: string; problem: string; renamedLocal: string }> {
    const { owner } = order;
    if (!isObjectOwner(owner)) throw new ConnectError(`This server has no service ${owner}.`, Code.FailedPrecondition);
    const { kind, objectId, change, body, sealedSecrets, problem: known } = await this.toTake(domain, order);
    if (known !== '') return { outcome: 'refused', problem: known, renamedLocal: '' };
    const configuration = this.parts.owners.client(ConfigurationService, owner);
    const { outcome, problem, renamedLocal } = await configuration.applyObject({ kind, objectId, deleted: change === 'deleted', body: Buffer.from(body), sealedSecrets: sealedSecrets ?? new Uint8Array(), dryRun: true, serverName: (await this.parts.figures()).name });
    return { outcome, problem, renamedLocal };
  }
}

const UNREADABLE = Symbol('unreadable');

/** That of one order keeps no other from being taken. */
function unreadable(error: unknown): typeof UNREADABLE {
  if (error instanceof PermanentFailure) return UNREADABLE;
  throw error;
}
