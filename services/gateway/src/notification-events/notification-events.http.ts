import { z } from 'zod';
import type { NotificationEvent } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { present } from '../answer-route/fields.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEMPLATE, TEXT } from '../limits.js';

const LANGUAGES = z.enum(['fr', 'en']);

const words = {
  subject: z.string().min(1).max(TEMPLATE.line),
  title: z.string().min(1).max(TEMPLATE.line),
  text: z.string().min(1).max(TEMPLATE.text).describe(
    'Paragraphs with an empty line between. $CODE in one of its own is large; one that ends with a line $DOCUMENTS or $REFUSED is a list; one that begins with "> " is small; one whose macro has nothing to say is left out.'),
};
const template = z.strictObject(words).meta({ id: 'NotificationTemplate' });

const event = z.object({
  event: z.string().describe('document-waiting, document-waiting-pin (its owner has a PIN), code-requested, printed, failed, expiring, expired, refused, certificate-expiring or certificate-expired (of this server\'s own), object-renamed (an object of this server stepped aside for one of the domain\'s master).'),
  enabled: z.boolean().describe('Groups of queues may decide otherwise: eventsOn, eventsOff.'),
  targets: z.array(z.string()),
  templates: z.array(z.object({ language: z.string(), ...words, default: z.boolean().describe('Nobody changed it.') })),
  macros: z.array(z.string()).describe('That its templates may have.'),
  provenance,
}).meta({ id: 'NotificationEvent', description: 'What people are told of, who is, and in which words.' });

function toEvent(wire: NotificationEvent | undefined): z.input<typeof event> {
  const { event: name, enabled, targets, templates, macros, provenance: from } = present(wire, 'event');
  return { event: name, provenance: toProvenance(from), enabled, targets, macros, templates: templates.map(({ language, subject, title, text, default: isDefault }) => ({ language, subject, title, text, default: isDefault })) };
}

const name = z.string().min(1).max(TEXT.id);
const ofEvent = z.strictObject({ event: name });
const ofTemplate = z.strictObject({ event: name, language: LANGUAGES });

/** What people are told of by mail (WD-021, V-07); notification owns it. */
export function notificationEventRoutes({ notificationEvents: owner }: Owners) {
  const path = '/api/v0/notification-events';
  const changing = { right: 'configuration.write', status: 200, answer: event, refusals: [404, 409] } as const;
  const templatePath = `${path}/{event}/templates/{language}`;
  return [
    route({
      method: 'GET', path, operation: 'listNotificationEvents', right: 'configuration.read', summary: 'What people are told of by mail, who is, and in which words',
      status: 200, answer: z.object({ notificationEvents: z.array(event) }),
      handle: async ({ caller }) => ({ notificationEvents: (await owner.listNotificationEvents({}, as(caller))).events.map(toEvent) }),
    }),
    route({
      ...changing, method: 'PUT', path: `${path}/{event}`, operation: 'putNotificationEvent', summary: 'Set whether an event is told, and to whom', params: ofEvent,
      body: z.strictObject({
        enabled: z.boolean(),
        targets: z.array(z.string().min(1).max(TEXT.address)).max(TEMPLATE.targetsMax).default(['$USER'])
          .describe('$USER, $QUEUEADMIN, $QUEUESUPPORT (contacts of the queue\'s group), mail addresses. The first is written to, the others get a copy; a code goes to $USER alone, what is about the server itself to mail addresses alone.'),
      }).meta({ id: 'NotificationEventSettings' }),
      handle: async ({ params, body, caller }) => toEvent((await owner.putNotificationEvent({ ...params, ...body }, as(caller))).event),
    }),
    route({
      ...changing, method: 'PUT', path: templatePath, operation: 'putNotificationTemplate', summary: 'Set the words of an event in one language', params: ofTemplate, body: template,
      handle: async ({ params: { event: wanted, language }, body, caller }) => toEvent((await owner.putNotificationTemplate({ event: wanted, template: { language, ...body } }, as(caller))).event),
    }),
    route({
      ...changing, method: 'DELETE', path: templatePath, operation: 'resetNotificationTemplate', summary: 'Go back to the words that Inkpost brings along', params: ofTemplate,
      handle: async ({ params, caller }) => toEvent((await owner.resetNotificationTemplate(params, as(caller))).event),
    }),
    route({
      method: 'POST', path: `${templatePath}/preview`, operation: 'previewNotificationTemplate', right: 'configuration.read', summary: 'Show a mail with made-up documents and a made-up code', params: ofTemplate,
      body: z.strictObject({ template: template.optional().describe('Left out: as it is kept.') }),
      status: 200, answer: z.object({ subject: z.string(), text: z.string(), html: z.string() }), refusals: [404],
      handle: async ({ params: { event: wanted, language }, body, caller }) => {
        const { subject, text, html } = await owner.previewNotificationTemplate({ event: wanted, template: { language, ...body.template } }, as(caller));
        return { subject, text, html };
      },
    }),
    route({
      method: 'POST', path: `${templatePath}/test`, operation: 'testNotificationTemplate', right: 'configuration.write', summary: 'Mail the preview, and show what the server said', params: ofTemplate,
      body: z.strictObject({ to: z.string().min(1).max(TEXT.address) }), status: 200, answer: z.object({ sent: z.boolean(), answer: z.string() }), refusals: [404],
      handle: async ({ params, body, caller }) => {
        const { sent, answer } = await owner.testNotificationTemplate({ ...params, ...body }, as(caller));
        return { sent, answer };
      },
    }),
  ];
}
