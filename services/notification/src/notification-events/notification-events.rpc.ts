import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  ListNotificationEventsRequest, NotificationEventService, NotificationTemplate, PreviewNotificationTemplateRequest, PutNotificationEventRequest, PutNotificationTemplateRequest,
  ResetNotificationTemplateRequest, TellCertificateEndRequest, TellObjectRenamedRequest, TestNotificationTemplateRequest,
} from '@inkpost/contracts/admin/v1/notification_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { SendTestMail } from '../outgoing-mail/send-test-mail.js';
import { foreignText } from '../templates/foreign-text.js';
import { type Language, LANGUAGES, type MomentWriter } from '../templates/language.js';
import type { RenderedMail } from '../templates/letter.js';
import { targetsProblem, templateProblem } from './check-template.js';
import { DEFAULT_TEMPLATES } from './default-templates.js';
import type { EventNotices } from './event-notices.js';
import type { EventsStore, StoredEvent } from './events.store.js';
import { EVENT_RULES, EVENTS, type EventName, isEventName, type Template } from './notification-event.js';
import { renderTemplate } from './render-template.js';
import { sampleValues } from './sample-values.js';
import type { TellServerEvent } from './tell-server-event.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface Parts {
  readonly store: EventsStore;
  readonly notices: EventNotices;
  readonly moments: MomentWriter;
  readonly sendTestMail: SendTestMail;
  readonly tellServerEvent: TellServerEvent;
  readonly log: Log;
}

/** What people are told of, and in which words, for administrators (WD-021, V-07). */
export class NotificationEventsRpc implements ServiceImpl<typeof NotificationEventService> {
  constructor(private readonly parts: Parts) {}

  async listNotificationEvents(_request: ListNotificationEventsRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const events = await this.parts.store.read();
    return { events: EVENTS.map((event) => toWire(event, events[event])) };
  }

  async putNotificationEvent({ event: name, enabled, targets: wanted }: PutNotificationEventRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const event = existing(name);
    const targets = [...new Set(wanted.map((target) => target.trim()))];
    const problem = targetsProblem(event, { enabled, targets });
    if (problem) throw invalidField(problem.field, problem.reason);
    await this.parts.store.putSettings(event, { enabled, targets }, actor);
    return this.changed(event, 'notification event changed', actor);
  }

  async putNotificationTemplate({ event: name, template: wire }: PutNotificationTemplateRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const event = existing(name);
    const language = languageOf(wire?.language);
    await this.parts.store.putTemplate(event, language, checked(event, wire), actor);
    return this.changed(event, 'notification template changed', actor);
  }

  async resetNotificationTemplate({ event: name, language }: ResetNotificationTemplateRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const event = existing(name);
    await this.parts.store.resetTemplate(event, languageOf(language));
    return this.changed(event, 'notification template reset', actor);
  }

  async previewNotificationTemplate({ event: name, template: wire }: PreviewNotificationTemplateRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const event = existing(name);
    const language = languageOf(wire?.language);
    return this.preview(wire?.text ? checked(event, wire) : (await this.parts.store.read())[event].templates[language], language);
  }

  async testNotificationTemplate({ event: name, language: wanted, to }: TestNotificationTemplateRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const event = existing(name);
    const language = languageOf(wanted);
    const tested = await this.parts.sendTestMail.send(to, language, this.preview((await this.parts.store.read())[event].templates[language], language));
    this.parts.log.info('notification template tested', { event, language, to, sent: tested.sent, actor });
    return tested;
  }

  async tellCertificateEnd({ occasionId, server, certificate, endsAt, ended }: TellCertificateEndRequest, context: HandlerContext) {
    callerOf(context);
    if (!UUID.test(occasionId) || !endsAt) throw invalidField('occasionId', 'must be a UUID, with the moment of the end');
    return this.parts.tellServerEvent.tell(ended ? 'certificate-expired' : 'certificate-expiring', occasionId, (language) => ({
      $SERVER: foreignText(server), $CERTIFICATE: foreignText(certificate), $UNTIL: this.parts.moments.write(timestampDate(endsAt), language),
    }));
  }

  async tellObjectRenamed({ occasionId, server, object, renamed }: TellObjectRenamedRequest, context: HandlerContext) {
    callerOf(context);
    if (!UUID.test(occasionId)) throw invalidField('occasionId', 'must be a UUID');
    return this.parts.tellServerEvent.tell('object-renamed', occasionId, () => ({ $SERVER: foreignText(server), $OBJECT: foreignText(object), $RENAMED: foreignText(renamed) }));
  }

  private preview(template: Template, language: Language): RenderedMail {
    return renderTemplate(template, sampleValues(this.parts.moments, language, new Date()), language);
  }

  private async changed(event: EventName, what: string, actor: string) {
    this.parts.notices.expire();
    this.parts.log.info(what, { event, actor });
    return { event: toWire(event, (await this.parts.store.read())[event]) };
  }
}

function existing(event: string): EventName {
  if (!isEventName(event)) throw notFound('notification event', event.slice(0, 64));
  return event;
}

function languageOf(text: string | undefined): Language {
  const language = LANGUAGES.find((ours) => ours === text);
  if (!language) throw invalidField('language', `must be one of ${LANGUAGES.join(', ')}`);
  return language;
}

function checked(event: EventName, wire: NotificationTemplate | undefined): Template {
  if (!wire) throw new ConnectError('template: is missing', Code.InvalidArgument);
  const template = { subject: wire.subject.trim(), title: wire.title.trim(), text: wire.text.replaceAll('\r\n', '\n').trim() };
  const problem = templateProblem(event, template);
  if (problem) throw invalidField(problem.field, problem.reason);
  return template;
}

function toWire(event: EventName, { enabled, targets, templates, defaults }: StoredEvent) {
  return {
    event, enabled, targets: [...targets], macros: [...EVENT_RULES[event].macros],
    templates: LANGUAGES.map((language) => ({ language, ...(templates[language] ?? DEFAULT_TEMPLATES[event][language]), default: defaults.includes(language) })),
  };
}
