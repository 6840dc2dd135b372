import { create } from '@bufbuild/protobuf';
import {
  CreateQueueRequestSchema, DeleteQueueRequestSchema, GetQueueRequestSchema, QueueSettingsSchema, UpdateQueueRequestSchema,
} from '@inkpost/contracts/admin/v1/print_pb.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { bodyOf, orAbsent, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { QueueRpc } from '../queues/queue.rpc.js';
import { groupReference, placeReference } from './references.js';
import { stepAside } from './step-aside.js';

/** Print queues (DOM-033). */
export function queueKind(rpc: QueueRpc, prisma: PrismaClient): SharedKind {
  return {
    kind: 'queue',
    list: () => prisma.$queryRaw`SELECT id AS "objectId", name FROM queue ORDER BY id`,
    read: async (queueId, context) => {
      const answer = await orAbsent(rpc.getQueue(create(GetQueueRequestSchema, { queueId }), context));
      if (!answer) return undefined;
      const settings = create(QueueSettingsSchema, answer.queue.settings);
      return { name: settings.name, body: bodyOf(QueueSettingsSchema, settings), needs: [...placeReference(settings.locationId), ...groupReference(settings.groupId)] };
    },
    apply: async ({ objectId: queueId, body, isThere }, context) => {
      const settings = { ...settingsOf(QueueSettingsSchema, body), queueId };
      await (isThere ? rpc.updateQueue(create(UpdateQueueRequestSchema, { queueId, settings }), context) : rpc.createQueue(create(CreateQueueRequestSchema, { settings }), context));
    },
    delete: (queueId, context) => orGone(rpc.deleteQueue(create(DeleteQueueRequestSchema, { queueId }), context)),
    makeRoom: stepAside(prisma, 'queue'),
  };
}
