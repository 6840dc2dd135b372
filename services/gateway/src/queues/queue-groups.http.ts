import { z } from 'zod';
import type { QueueGroup } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { identifier, orNull, present } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { OWNERS, TEXT } from '../limits.js';
import { expertSettings, fromExpert, shownExpert, toExpert } from './expert-settings.schema.js';
import { fromRestrictions, restrictions, shownRestrictions, toRestrictions } from './restrictions.schema.js';

/** uint32, as the owner counts. */
const VERSION_MAX = 2 ** 32 - 1;

const contacts = (whom: string) => z.array(z.string().min(1).max(TEXT.address)).max(OWNERS.contactsMax).default([]).describe(`Mail addresses of ${whom}.`);

const events = z.array(z.enum(['document-waiting', 'printed', 'failed', 'expiring', 'expired'])).max(5).default([]);

const settings = {
  name: z.string().min(1).max(TEXT.queueName).describe('Visible to people.'),
  geocode: z.string().max(TEXT.geocode).default('').describe('country/region/city/…, as you like.'),
  tags: z.array(z.string().min(1).max(TEXT.tag)).max(OWNERS.tagsMax).default([]),
  comment: z.string().max(TEXT.comment).default(''),
  template: z.boolean().default(false).describe('Made to be cloned; no queue can be in it.'),
  validation: z.boolean().default(true).describe('Jobs are held until their code is given, on every queue of the group.'), // WD-019
  holdHours: z.int().min(0).max(OWNERS.holdHoursMax).default(0).describe('How long a held job waits; 0: the default, 72 hours.'),
  keepHours: z.int().min(0).max(OWNERS.keepHoursMax).default(0).describe('How long a document is kept after it was printed, so that it can be printed once more; 0: not at all.'),
  redirection: z.strictObject({
    when: z.enum(['never', 'fault', 'always']).describe('fault: when their printer has failed for a minute.'),
    queueId: identifier.nullable().default(null).describe('Which queue takes the jobs; null: never.'),
  }).default({ when: 'never', queueId: null }),
  administrators: contacts('whom people turn to about the printers ($QUEUEADMIN)'), // V-07
  support: contacts('who helps them to print ($QUEUESUPPORT)'),
  eventsOn: events.describe('Events that people are told of, even where they are off in general: notification-events.'), // WD-006
  eventsOff: events.describe('Events that nobody is told of, even where they are on in general.'),
  restrictions: restrictions.describe('Who may print on its queues, when and what.'), // WD-006
  expert: expertSettings.describe('How the printers of its queues are spoken to; what a queue sets itself goes before.'),
};

const groupSettings = z.strictObject({ groupId: identifier.describe('Chosen once: letters, digits, - and _.'), ...settings }).meta({ id: 'QueueGroupSettings' });
const groupUpdate = z.strictObject({
  groupId: identifier.optional().describe('That of the path, or left out: it never changes.'),
  ...settings,
  version: z.int().min(1).max(VERSION_MAX).optional().describe('Of the group as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'QueueGroupUpdate' });

const group = z.object({
  groupId: z.string(), name: z.string(), geocode: z.string(), tags: z.array(z.string()), comment: z.string(), template: z.boolean(), validation: z.boolean(), holdHours: z.int(), keepHours: z.int(),
  redirection: z.object({ when: z.string(), queueId: z.string().nullable() }),
  administrators: z.array(z.string()), support: z.array(z.string()), eventsOn: z.array(z.string()), eventsOff: z.array(z.string()),
  restrictions: shownRestrictions, expert: shownExpert,
  queueIds: z.array(z.string()).describe('The devices: the queues in it.'),
  version: z.int(),
  provenance,
}).meta({ id: 'QueueGroup' });

function toGroup(wire: QueueGroup | undefined): z.input<typeof group> {
  const { settings, queueIds, version, provenance: from } = present(wire, 'group');
  const { groupId, name, geocode, tags, comment, template, validation, holdHours, keepHours, redirection, administrators, support, eventsOn, eventsOff, restrictions: restricted, expert } = present(settings, 'settings');
  const { when, queueId } = present(redirection, 'redirection');
  return {
    groupId, name, geocode, tags, comment, template, validation, holdHours, keepHours, redirection: { when, queueId: orNull(queueId) }, administrators, support, eventsOn, eventsOff,
    restrictions: toRestrictions(restricted), expert: toExpert(expert), queueIds, version, provenance: toProvenance(from),
  };
}

function fromSettings({ redirection: { when, queueId }, restrictions: restricted, expert, ...rest }: Omit<z.output<typeof groupSettings>, 'groupId'>) {
  return { ...rest, redirection: { when, queueId: queueId ?? '' }, restrictions: fromRestrictions(restricted), expert: fromExpert(expert) };
}

const params = z.strictObject({ groupId: identifier });

/** Queues that share their settings (WD-006, WD-007); print-submit owns them. */
export function queueGroupRoutes({ queueGroups }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/queue-groups', operation: 'listQueueGroups', right: 'configuration.read', summary: 'All groups of queues',
      status: 200, answer: z.object({ groups: z.array(group) }),
      handle: async ({ caller }) => ({ groups: (await queueGroups.listQueueGroups({}, as(caller))).groups.map(toGroup) }),
    }),
    route({
      method: 'POST', path: '/api/v0/queue-groups', operation: 'createQueueGroup', right: 'configuration.write', summary: 'Add a group of queues',
      body: groupSettings, status: 201, answer: group, refusals: [409], location: ({ groupId }) => `/api/v0/queue-groups/${encodeURIComponent(groupId)}`, objectId: ({ body }) => body.groupId,
      handle: async ({ body: { groupId, ...rest }, caller }) => toGroup((await queueGroups.createQueueGroup({ settings: { groupId, ...fromSettings(rest) } }, as(caller))).group),
    }),
    route({
      method: 'GET', path: '/api/v0/queue-groups/{groupId}', operation: 'getQueueGroup', right: 'configuration.read', summary: 'One group of queues',
      params, status: 200, answer: group, refusals: [404],
      handle: async ({ params, caller }) => toGroup((await queueGroups.getQueueGroup(params, as(caller))).group),
    }),
    route({
      method: 'POST', path: '/api/v0/queue-groups/{groupId}/clone', operation: 'cloneQueueGroup', right: 'configuration.write', summary: 'Make another group with the same settings', // WD-007
      params, body: z.strictObject({ groupId: identifier, name: z.string().max(TEXT.queueName).default('').describe('Empty: the same.') }), status: 201, answer: group, refusals: [404, 409],
      location: ({ groupId }) => `/api/v0/queue-groups/${encodeURIComponent(groupId)}`, objectId: ({ body }) => body.groupId,
      handle: async ({ params, body, caller }) => toGroup((await queueGroups.createQueueGroup({ cloneOf: params.groupId, settings: body }, as(caller))).group),
    }),
    route({
      method: 'PUT', path: '/api/v0/queue-groups/{groupId}', operation: 'updateQueueGroup', right: 'configuration.write', summary: 'Change a group, and with it all its queues',
      params, body: groupUpdate, status: 200, answer: group, refusals: [404, 409],
      handle: async ({ params, body: { groupId, version, ...rest }, caller }) => {
        if (groupId !== undefined && groupId !== params.groupId) {
          throw new Problem('invalid-request', 'A group keeps its identifier.', { errors: [{ field: 'groupId', reason: `must be ${params.groupId}, as in the path` }] });
        }
        return toGroup((await queueGroups.updateQueueGroup({ ...params, settings: { ...params, ...fromSettings(rest) }, version: version ?? 0 }, as(caller))).group);
      },
    }),
    route({
      method: 'DELETE', path: '/api/v0/queue-groups/{groupId}', operation: 'deleteQueueGroup', right: 'configuration.write', summary: 'Remove a group that no queue is in',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        await queueGroups.deleteQueueGroup(params, as(caller));
      },
    }),
  ];
}
