import { create } from '@bufbuild/protobuf';
import {
  CreateQueueGroupRequestSchema, DeleteQueueGroupRequestSchema, GetQueueGroupRequestSchema, QueueGroupSettingsSchema, UpdateQueueGroupRequestSchema,
} from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { bodyOf, orAbsent, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { QueueGroupRpc } from '../queue-groups/group.rpc.js';
import { queueReferences } from './references.js';
import { stepAside } from './step-aside.js';

/** Groups of queues (WD-006, WD-007). Which queues are in one is said by each queue. */
export function queueGroupKind(rpc: QueueGroupRpc, prisma: PrismaClient): SharedKind {
  return {
    kind: 'queue-group',
    list: () => prisma.$queryRaw`SELECT id AS "objectId", name FROM queue_group ORDER BY id`,
    read: async (groupId, context) => {
      const answer = await orAbsent(rpc.getQueueGroup(create(GetQueueGroupRequestSchema, { groupId }), context));
      if (!answer) return undefined;
      const settings = create(QueueGroupSettingsSchema, answer.group.settings);
      return { name: settings.name, body: bodyOf(QueueGroupSettingsSchema, settings), needs: queueReferences(settings.redirection?.queueId ?? '') };
    },
    apply: async ({ objectId: groupId, body, isThere }, context) => {
      const settings = { ...settingsOf(QueueGroupSettingsSchema, body), groupId };
      await (isThere
        ? rpc.updateQueueGroup(create(UpdateQueueGroupRequestSchema, { groupId, settings }), context)
        : rpc.createQueueGroup(create(CreateQueueGroupRequestSchema, { settings }), context));
    },
    delete: (groupId, context) => orGone(rpc.deleteQueueGroup(create(DeleteQueueGroupRequestSchema, { groupId }), context)),
    makeRoom: stepAside(prisma, 'queue group'),
  };
}
