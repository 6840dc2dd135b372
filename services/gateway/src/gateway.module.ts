import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { AnonymousBudget } from './answer-route/anonymous-budget.js';
import { ApiTokens } from './api-tokens/known-api-tokens.js';
import { RouteAnswerer } from './answer-route/answer-request.js';
import { AuditStore } from './audit/audit.store.js';
import { ControlTokens } from './call-owner/control-tokens.js';
import { OWNER_NAMES, type OwnerName } from './call-owner/owner-name.js';
import { Owners } from './call-owner/owners.js';
import { type GatewayConfig, gatewayConfig } from './gateway.config.js';
import { publicRoutes } from './gateway.routes.js';
import { PrismaClient } from './gen/prisma/client.js';
import { DomainDoor } from './pass-on-dsp/domain-door.js';
import { passOnDsp } from './pass-on-dsp/pass-on-dsp.js';
import type { DoorName } from './install-certificate/installed-certificate.js';
import type { CertificateParts } from './install-certificate/server-certificate.http.js';
import { JourneyStore } from './journey/journey.store.js';
import { ReleaseSessionStore } from './release-page/release-session.store.js';
import { AnonymousRights } from './rights/anonymous-rights.js';
import { printApiRoutes } from './print-api/print-api.routes.js';
import { PublicDoors } from './serve-http/public-doors.js';
import { EVERYWHERE, sha256Of } from './serve-http/certificate.js';
import { isLoopback, mustEncrypt } from './serve-http/decide-encryption.js';
import { ServerCertificate } from './serve-http/server-certificate.js';
import { dspRoutes } from './server/server.http.js';
import { PresentedTokens } from './sessions/check-presented.js';
import { SessionStore } from './sessions/session.store.js';
import { Upkeep } from './upkeep/forget-old.js';
import { wscRoutes } from './wsc/wsc.routes.js';
import { ExpiryWatch, type WatchedCertificate } from './watch-expiry/expiry-watch.js';
import { watchBacklog } from './watch-backlog/watch-backlog.js';

@Module({})
class GatewayModule {}

function ownerUrls(config: GatewayConfig): Record<OwnerName, string> {
  return {
    'mail-ingest': config.mailIngestUrl, acceptance: config.acceptanceUrl, 'guest-account': config.guestAccountUrl,
    'print-submit': config.printSubmitUrl, notification: config.notificationUrl, 'domain-sync': config.domainSyncUrl,
  };
}

/** `control-key.<service>`: the same text as that service's own `control-key`. */
async function ownerKeys({ secrets }: ServiceRuntime): Promise<Map<OwnerName, Uint8Array>> {
  const keys = await Promise.all(OWNER_NAMES.map(async (owner) => [owner, new TextEncoder().encode(await secrets.read(`control-key.${owner}`))] as const));
  return new Map(keys);
}

async function watchedCertificates(certificate: ServerCertificate, door: DomainDoor): Promise<WatchedCertificate[]> {
  const { own, installed } = await certificate.all();
  const [ofDomain, authority] = [door.certificate, door.authorityCertificate];
  return [
    { name: 'own', certificatePem: own.certificatePem },
    ...(installed ? [{ name: 'installed' as const, certificatePem: installed.certificatePem }] : []),
    ...(ofDomain === undefined ? [] : [{ name: 'domain' as const, certificatePem: ofDomain }]),
    ...(authority === undefined ? [] : [{ name: 'domain-authority' as const, certificatePem: authority }]),
  ];
}

/** By which an administrator says that this server is reached; that it has loopback too says nothing. */
function namesToBeCovered({ certificateNames, httpListen, wscListen }: GatewayConfig): string[] {
  const listened = [httpListen, wscListen].map(({ host }) => host).filter((host) => !isLoopback(host) && !EVERYWHERE.includes(host));
  return [...new Set([...certificateNames, ...listened])];
}

function plainDoors({ httpTls, httpListen, dspTls }: GatewayConfig): DoorName[] {
  return [...(mustEncrypt(httpTls, httpListen.host) ? [] : ['http' as const]), ...(dspTls === 'off' ? ['dsp' as const] : [])];
}

/** The composition root. The gateway consumes nothing of the flow; its control listener only shows its health. */
async function module(runtime: ServiceRuntime<GatewayConfig>): Promise<DynamicModule> {
  const { config, pool, log, tracer, meter, version } = runtime;
  const keys = await ownerKeys(runtime);
  const tokens = new ControlTokens(keys);
  const owners = new Owners(ownerUrls(config), tokens);
  const door = new DomainDoor({ owner: owners.domainDoor, controlKey: keys.get('domain-sync') ?? new Uint8Array(), log });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: 'gateway' }) });
  const sessions = new SessionStore(pool, prisma);
  const audit = new AuditStore(pool, prisma);
  const journeys = new JourneyStore(pool);
  const apiTokens = new ApiTokens(owners.apiTokens, new AnonymousBudget());
  const anonymous = new AnonymousRights(owners.rights, log);
  const answerer = new RouteAnswerer(new PresentedTokens(sessions, apiTokens, owners.signIn, log), anonymous, audit, log);
  const certificate = new ServerCertificate(config, log);
  const exportAuthority = () => certificate.exportAuthority();
  const expiryWatch = new ExpiryWatch({ certificates: () => watchedCertificates(certificate, door), owner: owners.notificationEvents, meter, log });
  certificate.watch(async () => expiryWatch.lookNow());
  const serverCertificate: CertificateParts = { certificates: certificate, names: namesToBeCovered(config), plainDoors: plainDoors(config), domainCertificate: () => door.certificate };
  watchBacklog(meter, pool, log);
  return {
    module: GatewayModule,
    providers: [
      {
        provide: PublicDoors,
        useFactory: () => new PublicDoors({
          config, tracer, meter, log, answerer, certificate,
          domain: { door, passOn: passOnDsp({ door, tokens, domainSyncUrl: config.domainSyncUrl }) },
          publicRoutes: publicRoutes({ owners, sessions, releaseSessions: new ReleaseSessionStore(pool), apiTokens, anonymous, audit, journeys, pool, log, version, exportAuthority, doorCertificateSha256: async () => sha256Of(await certificate.get('dsp')), serverCertificate, health: runtime }),
          dspRoutes: [...dspRoutes(owners), ...printApiRoutes({ owners, sessions, exportAuthority, version })],
          wscRoutes: wscRoutes({ owners, sessions, anonymous, version }),
        }),
      },
      { provide: ExpiryWatch, useValue: expiryWatch },
      { provide: Upkeep, useFactory: () => new Upkeep(journeys, sessions, audit, log) },
      { provide: Owners, useValue: owners },
      { provide: CONTROL_ROUTES, useValue: (() => undefined) satisfies ControlRoutes },
    ],
  };
}

export const gateway: ServiceDefinition = { name: 'gateway', config: gatewayConfig, module };
