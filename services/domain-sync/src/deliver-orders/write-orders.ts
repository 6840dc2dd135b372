import { create } from '@bufbuild/protobuf';
import { type Order, OrderSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import type { Domain, Member } from '../domain/domain.js';
import type { KnownLog } from '../keep-log/known-log.js';
import type { LogEntry } from '../keep-log/log-entry.js';
import type { InventoryObject } from '../keep-log/log-state.js';
import { objectSecretsContext } from '../keep-log/object-secrets.js';
import { sealForMember } from '../seal-secrets/seal-for-member.js';

/** Writes entries of the log as orders for one member: what is secret in them is sealed for it alone. */
export class WriteOrders {
  constructor(
    private readonly log: Pick<KnownLog, 'contentsOf'>,
    private readonly masterKey: MasterKey,
  ) {}

  async write({ domainId }: Domain, { serverId, sealingPublicKey }: Member, entries: readonly LogEntry[]): Promise<Order[]> {
    const contents = await this.log.contentsOf(entries);
    const orders: Order[] = [];
    for (const [index, entry] of entries.entries()) {
      const { body, sealedSecrets } = contents[index] ?? { body: '', sealedSecrets: null };
      const { kind, objectId, position } = entry;
      const secrets = sealedSecrets ? { secrets: await sealForMember(sealingPublicKey, { domainId, serverId, kind, objectId, position }, openSecret(this.masterKey, objectSecretsContext(kind, objectId), sealedSecrets)) } : {};
      orders.push(create(OrderSchema, { ...fieldsOf(entry), body: Buffer.from(body), ...secrets }));
    }
    return orders;
  }
}

function fieldsOf({ position, epoch, owner, kind, objectId, name, change, digest, needs }: LogEntry) {
  return {
    position: BigInt(position), epoch: BigInt(epoch), owner, kind, objectId, name, deleted: change === 'deleted', kept: change === 'kept', digest: Buffer.from(digest, 'hex'),
    needs: needs.map((need) => ({ ...need })),
  };
}

/** For what a slave has and should not: as the log says what became of it; what the log never heard of stays the slave's own. */
export function keptOrder(entry: LogEntry | undefined, { owner, kind, objectId }: InventoryObject): Order {
  return create(OrderSchema, entry ? fieldsOf(entry) : { owner, kind, objectId, kept: true });
}
