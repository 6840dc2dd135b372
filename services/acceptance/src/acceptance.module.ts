import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ConfigOf } from '@inkpost/config/config.js';
import { AcceptanceService, SenderAuthenticationService } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { DocumentExaminer } from '@inkpost/document/examiner.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { flowControllers } from '@inkpost/flow/flow-handlers.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import { masterKeyOf } from '@inkpost/service/master-key.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { Spool } from '@inkpost/spool/spool.js';
import { AcceptMessageHandler } from './accept-message/accept-message.handler.js';
import { DocumentSubmittedHandler } from './accept-submission/document-submitted.handler.js';
import { VerdictMetrics } from './accept-message/verdict-metrics.js';
import { acceptanceConfig } from './acceptance.config.js';
import { AccountErasedHandler } from './erase-sender/account-erased.handler.js';
import { DocumentExamination } from './examine-document/examine-documents.js';
import { ForgetMailboxHandler } from './forget-mailbox/forget-mailbox.handler.js';
import { VerdictPurge } from './forget-verdicts/verdict-purge.js';
import { PrismaClient } from './gen/prisma/client.js';
import { AuthenticationStore } from './sender-authentication/authentication.store.js';
import { SenderAuthenticationRpc } from './sender-authentication/authentication.rpc.js';
import { AcceptanceRpc } from './sender-rules/acceptance.rpc.js';
import { ConditionsStore } from './sender-rules/conditions.store.js';
import { CurrentConditions } from './sender-rules/current-conditions.js';
import { readPastMails } from './try-draft/past-mails.store.js';

@Module({})
class AcceptanceModule {}

export const acceptance: ServiceDefinition = {
  name: 'acceptance',
  config: acceptanceConfig,

  async module(runtime: ServiceRuntime<ConfigOf<typeof acceptanceConfig>>): Promise<DynamicModule> {
    const { config, pool, flow, log, meter, secrets } = runtime;
    const masterKey = masterKeyOf(config, secrets);
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName('acceptance') }) });
    return {
      module: AcceptanceModule,
      controllers: flowControllers('acceptance', {
        'mail.message-received.v1': AcceptMessageHandler,
        'submission.document-received.v1': DocumentSubmittedHandler,
        'mailbox.deleted.v1': ForgetMailboxHandler,
        'account.erased.v1': AccountErasedHandler,
      }),
      providers: [
        { provide: FlowClient, useValue: flow },
        { provide: Spool, useFactory: () => new Spool(pool, masterKey, config.spoolFolder) },
        { provide: CurrentConditions, useFactory: () => new CurrentConditions(pool) },
        { provide: DocumentExamination, useFactory: (spool: Spool) => new DocumentExamination(spool, new DocumentExaminer(), log), inject: [Spool] },
        { provide: VerdictMetrics, useFactory: () => new VerdictMetrics(meter) },
        { provide: VerdictPurge, useFactory: () => new VerdictPurge(pool, log) },
        {
          provide: CONTROL_ROUTES,
          useFactory: (current: CurrentConditions): ControlRoutes => (router) => {
            const pastMails = (mailboxId: string, days: number) => readPastMails(pool, mailboxId, days);
            router.service(AcceptanceService, new AcceptanceRpc(new ConditionsStore(prisma), current, pastMails, log));
            router.service(SenderAuthenticationService, new SenderAuthenticationRpc(new AuthenticationStore(pool, flow), current, log));
          },
          inject: [CurrentConditions],
        },
      ],
    };
  },
};
