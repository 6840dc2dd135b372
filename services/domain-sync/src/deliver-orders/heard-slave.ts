import { create } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { type Inventory, type RehearsedOrder, RehearsedOrderSchema, type SlaveMessage } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { InventoryObject } from '../keep-log/log-state.js';
import { INVENTORY_OBJECTS_MAX, RENAMED_TOLD_MAX, UNAPPLIED_TOLD_MAX } from '../limits.js';
import { SHARED_KINDS } from '../record-change/kind-owners.js';
import type { HeardSlave } from './slave-desk.js';

const TOLD_TEXT_LENGTH_MAX = 500;
/** As PostgreSQL's integer counts. */
const COUNT_MAX = 2 ** 31 - 1;

/** What a slave says of itself, as it may be kept: whoever holds its certificate can say anything, and all slaves are noted together. Throws InvalidArgument for an inventory that is none. */
export function heardOf(message: SlaveMessage, now: Date): HeardSlave {
  const { figures } = message;
  return {
    heardAt: now, clockAheadMs: aheadMs(message, now), position: within(message.position), positionEpoch: within(message.positionEpoch), revision: within(message.revision),
    checksum: Buffer.from(message.checksum).toString('hex'), heldUpKinds: SHARED_KINDS.filter((kind) => message.heldUpKinds.includes(kind)), unappliedCount: Math.min(message.unappliedCount, COUNT_MAX), figures,
    unapplied: message.unapplied.slice(0, UNAPPLIED_TOLD_MAX).map(({ position, kind, objectId, name, problem }) => ({ position: within(position), kind: told(kind), objectId: told(objectId), name: told(name), problem: told(problem) })),
    renamed: message.renamed.slice(0, RENAMED_TOLD_MAX).map(({ kind, name, renamedLocal }) => ({ kind: told(kind), name: told(name), renamedLocal: told(renamedLocal) })),
    inventory: message.inventory && inventoryOf(message.inventory),
  };
}

/** Only the first is asked for. */
export function rehearsedOf(orders: readonly RehearsedOrder[]): RehearsedOrder[] {
  return orders.slice(0, 1).map(({ kind, objectId, outcome, problem, renamedLocal }) =>
    create(RehearsedOrderSchema, { kind: told(kind), objectId: told(objectId), outcome: told(outcome), problem: told(problem), renamedLocal: told(renamedLocal) }));
}

function inventoryOf({ objects }: Inventory): InventoryObject[] {
  const isGood = objects.length <= INVENTORY_OBJECTS_MAX && objects.every(({ owner, kind, objectId }) => [owner, kind, objectId].every((text) => text === told(text)));
  if (!isGood) throw new ConnectError(`Its inventory has more than ${INVENTORY_OBJECTS_MAX} objects, or names that are none.`, Code.InvalidArgument);
  return objects.map(({ owner, kind, objectId, digest, position, epoch }) => ({ owner, kind, objectId, digest: Buffer.from(digest).toString('hex'), position: within(position), epoch: within(epoch) }));
}

/** One line that JSON and PostgreSQL take. */
function told(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, TOLD_TEXT_LENGTH_MAX).toWellFormed();
}

function within(number: bigint): number {
  return Math.min(Number(number), Number.MAX_SAFE_INTEGER);
}

function aheadMs({ figures }: SlaveMessage, now: Date): number | undefined {
  const ahead = figures?.now && timestampDate(figures.now).getTime() - now.getTime();
  return Number.isFinite(ahead) ? ahead : undefined;
}
