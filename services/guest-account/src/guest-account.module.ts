import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ConfigOf } from '@inkpost/config/config.js';
import { GuestService, SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { flowControllers } from '@inkpost/flow/flow-handlers.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { PrismaClient } from './gen/prisma/client.js';
import { guestAccountConfig } from './guest-account.config.js';
import { GuestRpc } from './guests/guest.rpc.js';
import { GuestStore } from './guests/guest.store.js';
import { Installation } from './installation.js';
import { GuestBase } from './resolve-owner/guest-base.store.js';
import { ResolveOwnerHandler } from './resolve-owner/resolve-owner.handler.js';
import { AdministratorStore } from './sign-in/administrator.store.js';
import { CredentialChecker } from './sign-in/check-credentials.js';
import { prepareMaintenanceAccount } from './sign-in/maintenance-account.js';
import { SignInDelayStore } from './sign-in/sign-in-delay.store.js';
import { SignInRpc } from './sign-in/sign-in.rpc.js';

@Module({})
class GuestAccountModule {}

export const guestAccount: ServiceDefinition = {
  name: 'guest-account',
  config: guestAccountConfig,

  async module(runtime: ServiceRuntime<ConfigOf<typeof guestAccountConfig>>): Promise<DynamicModule> {
    const { config, pool, flow, log, secrets } = runtime;
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName('guest-account') }) });
    const administrators = new AdministratorStore(prisma);
    await prepareMaintenanceAccount(administrators, config.maintenancePassword ?? (await secrets.readOptional('maintenance-password')), log);
    return {
      module: GuestAccountModule,
      controllers: flowControllers('guest-account', { 'acceptance.message-accepted.v1': ResolveOwnerHandler }),
      providers: [
        { provide: Installation, useFactory: () => new Installation(config.language) },
        { provide: GuestBase, useFactory: () => new GuestBase(pool, flow, log) },
        {
          provide: CONTROL_ROUTES,
          useFactory: (installation: Installation): ControlRoutes => {
            const guests = new GuestRpc(new GuestStore(prisma, flow, installation), log);
            const credentials = new CredentialChecker(administrators, new SignInDelayStore(pool, flow), log);
            const signIn = new SignInRpc(credentials, administrators, log);
            return (router) => {
              router.service(GuestService, guests);
              router.service(SignInService, signIn);
            };
          },
          inject: [Installation],
        },
      ],
    };
  },
};
