import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateQueueGroupRequest, DeleteQueueGroupRequest, GetQueueGroupRequest, ListQueueGroupsRequest, QueueGroupSchema, QueueGroupService, QueueGroupSettings as WireSettings, UpdateQueueGroupRequest,
} from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { printLimits } from '../limits.js';
import { checkExpert, wireExpert } from '../queues/expert-settings.js';
import { checkRestrictions, wireRestrictions } from './check-restrictions.js';
import { checkGroupSettings, type GroupSettings } from './group-settings.js';
import type { GroupRefusal, GroupStore, ShownGroup } from './group.store.js';

/** Groups of queues as administrators set them. */
export class QueueGroupRpc implements ServiceImpl<typeof QueueGroupService> {
  constructor(private readonly groups: GroupStore) {}

  listQueueGroups = async (_request: ListQueueGroupsRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return { groups: (await this.groups.list()).map(toWire) };
  };

  getQueueGroup = async ({ groupId }: GetQueueGroupRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return { group: toWire(await this.find(groupId)) };
  };

  createQueueGroup = async ({ settings, cloneOf }: CreateQueueGroupRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if ((await this.groups.count()) >= printLimits.groupsMax) throw new PermanentFailure('print.groups-max', `There are ${printLimits.groupsMax} groups, which is the limit: remove some first.`);
    const wanted = cloneOf === '' ? checked(settings) : await this.clone(cloneOf, settings);
    return { group: toWire(accepted(await this.groups.create(wanted), wanted.groupId)) };
  };

  updateQueueGroup = async ({ groupId, settings, version }: UpdateQueueGroupRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (settings && settings.groupId !== '' && settings.groupId !== groupId) throw invalidField('groupId', 'cannot be changed: make a new group');
    return { group: toWire(accepted(await this.groups.update(checked(settings && { ...settings, groupId }), version), groupId)) };
  };

  deleteQueueGroup = async ({ groupId }: DeleteQueueGroupRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    const deletion = await this.groups.delete(groupId);
    if (deletion === 'unknown') throw notFound('queue group', groupId);
    if (deletion === 'has-queues') throw new PermanentFailure('print.group-in-use', `The group "${groupId}" has queues in it: take them out first.`);
    return {};
  };

  private async find(groupId: string): Promise<ShownGroup> {
    const group = await this.groups.find(groupId);
    if (!group) throw notFound('queue group', groupId);
    return group;
  }

  /** All but identifier and name is the other group's; a clone of a template is none. */
  private async clone(cloneOf: string, settings: WireSettings | undefined): Promise<GroupSettings> {
    const { queueIds: _queueIds, version: _version, ...model } = await this.find(cloneOf);
    return checkedSettings({ ...model, groupId: settings?.groupId ?? '', name: settings?.name || model.name, isTemplate: false });
  }
}

function checked(wire: WireSettings | undefined): GroupSettings {
  if (!wire) throw invalidField('settings', 'are missing');
  const { groupId, name, geocode, tags, comment, template, validation, holdHours, keepHours, redirection, administrators, support, eventsOn, eventsOff } = wire;
  return checkedSettings({
    groupId, name, geocode, tags, comment, isTemplate: template, validation, holdHours, keepHours, administrators, support, eventsOn, eventsOff,
    redirectWhen: redirection?.when ?? '', redirectQueueId: redirection?.queueId || null,
    restrictions: orRefused(checkRestrictions(wire.restrictions)), expert: orRefused(checkExpert(wire.expert)),
  });
}

function checkedSettings(wanted: Parameters<typeof checkGroupSettings>[0]): GroupSettings {
  return orRefused(checkGroupSettings(wanted));
}

function orRefused<T extends object>(checked: T | { readonly field: string; readonly reason: string }): T {
  if ('field' in checked) throw invalidField(checked.field, checked.reason);
  return checked;
}

function accepted(outcome: ShownGroup | GroupRefusal, groupId: string): ShownGroup {
  switch (outcome) {
    case 'taken':
      throw new ConnectError(`There is a group "${groupId}" already.`, Code.AlreadyExists);
    case 'unknown':
      throw notFound('queue group', groupId);
    case 'changed':
      throw new ConnectError('Somebody changed the group since it was read: read it again.', Code.Aborted);
    case 'queue-unknown':
      throw invalidField('redirection.queueId', 'names no queue: make it first, or choose another');
    case 'has-queues':
      throw invalidField('template', 'cannot be set while queues are in the group: take them out first');
    case 'redirects-to-itself':
      throw invalidField('redirection.queueId', 'must not be a queue of the same group');
    default:
      return outcome;
  }
}

function toWire({ restrictions, expert, isTemplate, redirectWhen, redirectQueueId, tags, administrators, support, eventsOn, eventsOff, queueIds, version, ...settings }: ShownGroup): MessageInitShape<typeof QueueGroupSchema> {
  return {
    settings: {
      ...settings, template: isTemplate, tags: [...tags], administrators: [...administrators], support: [...support], eventsOn: [...eventsOn], eventsOff: [...eventsOff],
      redirection: { when: redirectWhen, queueId: redirectQueueId ?? '' }, restrictions: wireRestrictions(restrictions), expert: wireExpert(expert),
    },
    queueIds: [...queueIds], version,
  };
}
