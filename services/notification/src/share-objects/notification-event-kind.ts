import { create, type JsonObject } from '@bufbuild/protobuf';
import {
  ListNotificationEventsRequestSchema, PreviewNotificationTemplateRequestSchema, PutNotificationEventRequestSchema, PutNotificationTemplateRequestSchema, ResetNotificationTemplateRequestSchema,
} from '@inkpost/contracts/admin/v1/notification_pb.js';
import type { HandlerContext } from '@connectrpc/connect';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import type { NotificationEventsRpc } from '../notification-events/notification-events.rpc.js';

/**
 * What people are told of, who, and in which words (WSC-013): one object for each event, always there. Words that nobody changed are left out, so
 * that each server keeps those of its own version.
 */
export function notificationEventKind(rpc: NotificationEventsRpc): SharedKind {
  const eventOf = async (objectId: string, context: HandlerContext) => {
    const { events } = await rpc.listNotificationEvents(create(ListNotificationEventsRequestSchema), context);
    return events.find(({ event }) => event === objectId);
  };
  return {
    kind: 'notification-event',
    list: async (context) => (await rpc.listNotificationEvents(create(ListNotificationEventsRequestSchema), context)).events.map(({ event }) => ({ objectId: event, name: event })),
    read: async (objectId, context) => {
      const found = await eventOf(objectId, context);
      if (!found) return undefined;
      const templates = found.templates.filter((template) => !template.default).map(({ language, subject, title, text }) => [language, { subject, title, text }] as const);
      return { name: objectId, body: { enabled: found.enabled, targets: found.targets, templates: Object.fromEntries(templates) }, needs: [] };
    },
    apply: async ({ objectId: event, body }, context) => {
      const { enabled, targets, templates } = body;
      const wanted = new Map(Object.entries(isObject(templates) ? templates : {}));
      // All words are looked at before anything is written.
      for (const [language, template] of wanted) {
        if (isObject(template)) await rpc.previewNotificationTemplate(create(PreviewNotificationTemplateRequestSchema, { event, template: { language, ...wordsOf(template) } }), context);
      }
      await rpc.putNotificationEvent(create(PutNotificationEventRequestSchema, { event, enabled: enabled === true, targets: textsOf(targets) }), context);
      for (const { language, default: isDefault } of (await eventOf(event, context))?.templates ?? []) {
        const template = wanted.get(language);
        if (isObject(template)) await rpc.putNotificationTemplate(create(PutNotificationTemplateRequestSchema, { event, template: { language, ...wordsOf(template) } }), context);
        else if (!isDefault) await rpc.resetNotificationTemplate(create(ResetNotificationTemplateRequestSchema, { event, language }), context);
      }
    },
    delete: async () => {
      throw new PermanentFailure('notification.event-stays', 'What people are told of can be switched off, not deleted.');
    },
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function wordsOf({ subject, title, text }: JsonObject) {
  const words = { subject, title, text };
  return Object.fromEntries(Object.entries(words).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
