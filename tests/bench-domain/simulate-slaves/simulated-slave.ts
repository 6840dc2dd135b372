import { create } from '@bufbuild/protobuf';
import { type MasterMessage, type Order, type SlaveMessage, SlaveMessageSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { type ChecksummedObject, checksumOf } from '@inkpost/domain-sync/compare-checksums/checksum.js';
import { DEFAULT_SETTINGS, type DomainSettings } from '@inkpost/domain-sync/domain/domain.js';
import { keyOf } from '@inkpost/domain-sync/keep-log/log-entry.js';
import type { SlaveState } from './conversation.js';

interface HeldObject extends ChecksummedObject {
  readonly owner: string;
  readonly position: number;
  readonly epoch: number;
}

const FIGURES = { name: 'Simulated', version: '', uptimeSeconds: 1n, load: 0.1, diskFreeBytes: 1n, diskSizeBytes: 2n };

/** What a slave knows and says: as services/domain-sync/src/apply-orders does it, with objects that are applied by being remembered. */
export class SimulatedSlave {
  revision = 0;
  settings: DomainSettings = DEFAULT_SETTINGS;
  inventories = 0;
  acknowledgedAt = 0;
  private position = 0;
  private positionEpoch = 0;
  private takenAt = 0;
  private readonly objects = new Map<string, HeldObject>();
  private known: string | undefined;

  constructor(
    private readonly domainId: string,
    readonly epoch: number,
  ) {}

  get state(): SlaveState {
    const { position, takenAt, acknowledgedAt, checksum, settings: { mode } } = this;
    return { position, takenAt, acknowledgedAt, checksum, mode };
  }

  /** Gives what there is to answer, and whether the master knows more of the domain than this slave. */
  obey({ batch, inventoryWanted, revision }: MasterMessage): { readonly reply: SlaveMessage; readonly isBehind: boolean } {
    if (batch && (batch.snapshot || Number(batch.after) === this.position)) {
      for (const order of batch.orders) this.apply(order);
      if (batch.complete) this.stand(Number(batch.until), Number(batch.orders.at(-1)?.epoch ?? this.epoch));
      this.known = undefined;
    }
    if (inventoryWanted) this.inventories += 1;
    return { reply: this.report(inventoryWanted), isBehind: Number(revision) > this.revision };
  }

  report(withInventory = false): SlaveMessage {
    return create(SlaveMessageSchema, {
      domainId: this.domainId, epoch: BigInt(this.epoch), revision: BigInt(this.revision), position: BigInt(this.position), positionEpoch: BigInt(this.positionEpoch), checksum: Buffer.from(this.checksum, 'hex'), figures: FIGURES,
      ...(withInventory ? { inventory: { objects: [...this.objects.values()].map((held) => ({ ...held, digest: Buffer.from(held.digest, 'hex'), position: BigInt(held.position), epoch: BigInt(held.epoch) })) } } : {}),
    });
  }

  private stand(position: number, epoch: number): void {
    if (position !== this.position) Object.assign(this, { takenAt: Date.now(), acknowledgedAt: 0 });
    this.position = position;
    this.positionEpoch = epoch;
  }

  private apply({ owner, kind, objectId, digest, deleted, kept, position, epoch }: Order): void {
    const key = keyOf({ kind, objectId });
    if (deleted || kept) this.objects.delete(key);
    else this.objects.set(key, { owner, kind, objectId, digest: Buffer.from(digest).toString('hex'), position: Number(position), epoch: Number(epoch) });
  }

  private get checksum(): string {
    this.known ??= checksumOf(this.objects.values());
    return this.known;
  }
}
