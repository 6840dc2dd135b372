import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ConfigOf } from '@inkpost/config/config.js';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { NotificationEventService, OutgoingMailService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { flowControllers } from '@inkpost/flow/flow-handlers.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { addressRules } from '@inkpost/server-connection/address-rules.js';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import { masterKeyOf } from '@inkpost/service/master-key.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { OwnerConfiguration } from '@inkpost/shared-object/owner-configuration.js';
import { idIn, withProvenance } from '@inkpost/shared-object/with-provenance.js';
import { SmtpServer } from './adapters/smtp.adapter.js';
import { OutgoingPurge } from './forget-outgoing/outgoing-purge.js';
import { PrismaClient } from './gen/prisma/client.js';
import { AccountChangedHandler } from './keep-contacts/account-changed.handler.js';
import { AccountErasedHandler } from './keep-contacts/account-erased.handler.js';
import { AccountMergedHandler } from './keep-contacts/account-merged.handler.js';
import { notificationConfig } from './notification.config.js';
import { EventNotices } from './notification-events/event-notices.js';
import { EventsStore } from './notification-events/events.store.js';
import { NotificationEventsRpc } from './notification-events/notification-events.rpc.js';
import { TellServerEvent } from './notification-events/tell-server-event.js';
import { CodeOpener } from './notify/code-opener.js';
import { ConfirmationLinks } from './notify/confirmation-links.js';
import { ConfirmationWantedHandler } from './notify/confirmation-wanted.handler.js';
import { JobAbortedHandler } from './notify/job-aborted.handler.js';
import { JobCompletedHandler } from './notify/job-completed.handler.js';
import { JobExpiredHandler } from './notify/job-expired.handler.js';
import { JobExpiringHandler } from './notify/job-expiring.handler.js';
import { MailDelivery } from './notify/mail-delivery.js';
import { MailMetrics } from './notify/mail-metrics.js';
import { MessageRefusedHandler } from './notify/message-refused.handler.js';
import { NoticeBudget } from './notify/notice-budget.js';
import { OwnerRefusedHandler } from './notify/owner-refused.handler.js';
import { SendCodeHandler } from './notify/send-code.handler.js';
import { PinLinks } from './notify/pin-links.js';
import { PinLinkWantedHandler } from './notify/pin-link-wanted.handler.js';
import { TellRefusal } from './notify/tell-refusal.js';
import { CurrentOutgoingMail } from './outgoing-mail/current-outgoing-mail.js';
import { OutgoingMailRpc } from './outgoing-mail/outgoing-mail.rpc.js';
import { SendTestMail } from './outgoing-mail/send-test-mail.js';
import { OutgoingMailStore } from './outgoing-mail/outgoing-mail.store.js';
import { CanaryRequestedHandler } from './send-canary/canary-requested.handler.js';
import { notificationEventKind } from './share-objects/notification-event-kind.js';
import { MomentWriter } from './templates/language.js';

@Module({})
class NotificationModule {}

const handlers = {
  'print.job-held.v1': SendCodeHandler,
  'print.code-requested.v1': SendCodeHandler,
  'acceptance.message-refused.v1': MessageRefusedHandler,
  'account.owner-refused.v1': OwnerRefusedHandler,
  'account.confirmation-wanted.v1': ConfirmationWantedHandler,
  'account.pin-link-wanted.v1': PinLinkWantedHandler,
  'print.job-completed.v1': JobCompletedHandler,
  'print.job-aborted.v1': JobAbortedHandler,
  'print.job-expiring.v1': JobExpiringHandler,
  'print.job-expired.v1': JobExpiredHandler,
  'account.changed.v1': AccountChangedHandler,
  'account.erased.v1': AccountErasedHandler,
  'account.merged.v1': AccountMergedHandler,
  'mailbox.canary-requested.v1': CanaryRequestedHandler,
} as const;

function momentWriter(timeZone: string | undefined): MomentWriter {
  try {
    return new MomentWriter(timeZone);
  } catch (cause) {
    throw new Error(`INKPOST_TIME_ZONE: "${timeZone}" is not a time zone; write it as Europe/Paris.`, { cause });
  }
}

export const notification: ServiceDefinition = {
  name: 'notification',
  config: notificationConfig,

  async module(runtime: ServiceRuntime<ConfigOf<typeof notificationConfig>>): Promise<DynamicModule> {
    const { config, pool, flow, log, meter, secrets } = runtime;
    const masterKey = masterKeyOf(config, secrets);
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName('notification') }) });
    const rules = addressRules(config.linkLocalServers);
    const moments = momentWriter(config.timeZone);
    const events = new EventsStore(pool);
    return {
      module: NotificationModule,
      controllers: flowControllers('notification', handlers),
      providers: [
        { provide: FlowClient, useValue: flow },
        { provide: CodeOpener, useFactory: () => new CodeOpener(masterKey) },
        { provide: ConfirmationLinks, useFactory: () => new ConfirmationLinks(config.publicUrl, masterKey) },
        { provide: PinLinks, useFactory: () => new PinLinks(config.publicUrl, masterKey) },
        { provide: NoticeBudget, useFactory: () => new NoticeBudget(pool) },
        { provide: MomentWriter, useValue: moments },
        { provide: OutgoingMailStore, useFactory: () => new OutgoingMailStore(prisma, masterKey) },
        { provide: CurrentOutgoingMail, useFactory: (store: OutgoingMailStore) => new CurrentOutgoingMail(pool, store, (settings) => new SmtpServer(settings, rules)), inject: [OutgoingMailStore] },
        { provide: MailMetrics, useFactory: () => new MailMetrics(meter) },
        { provide: MailDelivery, useFactory: (outgoing: CurrentOutgoingMail, metrics: MailMetrics) => new MailDelivery(flow, pool, outgoing, metrics), inject: [CurrentOutgoingMail, MailMetrics] },
        { provide: EventNotices, useFactory: (delivery: MailDelivery) => new EventNotices(delivery, events), inject: [MailDelivery] },
        { provide: TellServerEvent, useFactory: (outgoing: CurrentOutgoingMail, metrics: MailMetrics) => new TellServerEvent({ store: events, outgoing, pool, metrics }), inject: [CurrentOutgoingMail, MailMetrics] },
        { provide: TellRefusal, useFactory: (delivery: MailDelivery, notices: EventNotices) => new TellRefusal(delivery, notices, pool), inject: [MailDelivery, EventNotices] },
        {
          provide: OwnerConfiguration,
          useFactory: (current: CurrentOutgoingMail, notices: EventNotices, tellServerEvent: TellServerEvent) => new OwnerConfiguration({
            pool, masterKey, log,
            kindsOver: (own) => [notificationEventKind(new NotificationEventsRpc({ store: new EventsStore(own), notices, moments, sendTestMail: new SendTestMail(current), tellServerEvent, log }))],
          }),
          inject: [CurrentOutgoingMail, EventNotices, TellServerEvent],
        },
        { provide: OutgoingPurge, useFactory: () => new OutgoingPurge(pool, log) },
        {
          provide: CONTROL_ROUTES,
          useFactory: (store: OutgoingMailStore, current: CurrentOutgoingMail, notices: EventNotices, configuration: OwnerConfiguration, tellServerEvent: TellServerEvent): ControlRoutes => (router) => {
            const sendTestMail = new SendTestMail(current);
            router.service(ConfigurationService, configuration.rpc);
            router.service(OutgoingMailService, new OutgoingMailRpc(store, current, sendTestMail, log));
            router.service(NotificationEventService, withProvenance(new NotificationEventsRpc({ store: events, notices, moments, sendTestMail, tellServerEvent, log }), configuration.store, 'notification-event', idIn('event')));
          },
          inject: [OutgoingMailStore, CurrentOutgoingMail, EventNotices, OwnerConfiguration, TellServerEvent],
        },
      ],
    };
  },
};
