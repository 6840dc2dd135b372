import { PrismaPg } from '@prisma/adapter-pg';
import { createPool } from '@inkpost/postgres/pool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { AnonymousBudget } from '../answer-route/anonymous-budget.js';
import type { Route } from '../answer-route/route.js';
import { ApiTokens } from '../api-tokens/known-api-tokens.js';
import { AuditStore } from '../audit/audit.store.js';
import { ControlTokens } from '../call-owner/control-tokens.js';
import { OWNER_NAMES, type OwnerName } from '../call-owner/owner-name.js';
import { Owners } from '../call-owner/owners.js';
import { publicRoutes, type RouteParts } from '../gateway.routes.js';
import { PrismaClient } from '../gen/prisma/client.js';
import { JourneyStore } from '../journey/journey.store.js';
import { ReleaseSessionStore } from '../release-page/release-session.store.js';
import { AnonymousRights } from '../rights/anonymous-rights.js';
import { printApiRoutes } from '../print-api/print-api.routes.js';
import { ServerCertificate } from '../serve-http/server-certificate.js';
import { dspRoutes } from '../server/server.http.js';
import { SessionStore } from '../sessions/session.store.js';
import { wscRoutes } from '../wsc/wsc.routes.js';

function routeParts(): RouteParts {
  const pool = createPool({ url: 'postgres://127.0.0.1:1/none', user: 'none', password: 'none' });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const urls = Object.fromEntries(OWNER_NAMES.map((owner) => [owner, 'http://127.0.0.1:1'])) as Record<OwnerName, string>;
  const owners = new Owners(urls, new ControlTokens(new Map()));
  const log = createLog('test', 'fatal');
  const listen = { host: '127.0.0.1', port: 0 };
  const certificates = new ServerCertificate({ httpListen: listen, dspListen: listen, wscListen: listen, certificateNames: [], dataFolder: '' }, log);
  const serverCertificate = { certificates, names: [], plainDoors: [], domainCertificate: () => undefined };
  return {
    owners, apiTokens: new ApiTokens(owners.apiTokens, new AnonymousBudget()), anonymous: new AnonymousRights(owners.rights, log), sessions: new SessionStore(pool, prisma), releaseSessions: new ReleaseSessionStore(pool), audit: new AuditStore(pool, prisma), journeys: new JourneyStore(pool), pool,
    log, health: { readiness: async () => [], metricsText: async () => '' }, exportAuthority: async () => new Uint8Array(), doorCertificateSha256: async () => '', serverCertificate, version: '0.1.0',
  };
}

/** The routes of the public door as the gateway declares them; nothing behind them is connected to. */
export function declaredRoutes(): readonly Route[] {
  return publicRoutes(routeParts());
}

/** Those of every door that the gateway opens. */
export function routesOfAllDoors(): readonly Route[] {
  const parts = routeParts();
  return [...publicRoutes(parts), ...dspRoutes(parts.owners), ...wscRoutes(parts), ...printApiRoutes(parts)];
}

/** Those of the door for other servers. */
export function routesForOtherServers(): readonly Route[] {
  return wscRoutes(routeParts());
}

/** Those of the Print API. */
export function routesForPrograms(): readonly Route[] {
  return printApiRoutes(routeParts());
}
