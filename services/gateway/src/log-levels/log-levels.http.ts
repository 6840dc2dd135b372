import { z } from 'zod';
import type { Caller } from '@inkpost/service/rights.js';
import { type Log, LOG_LEVEL_NAMES, type LogLevel } from '@inkpost/telemetry/log.js';
import { explainFailure } from '../answer-route/explain-failure.js';
import { route } from '../answer-route/route.js';
import { OWNER_NAMES, type OwnerName } from '../call-owner/owner-name.js';
import { as, type Owners } from '../call-owner/owners.js';

const SERVICE_NAMES = [...OWNER_NAMES, 'gateway'] as const;

type Service = (typeof SERVICE_NAMES)[number];

const level = z.enum(LOG_LEVEL_NAMES).describe('verbose says most, fatal least.'); // SKY-102 to SKY-107

const serviceLevel = z.object({
  service: z.string(),
  level: z.string().nullable(),
  problem: z.string().nullable().describe('Why a service could not be asked; its level is null then.'),
}).meta({ id: 'ServiceLogLevel' });

const answer = z.object({ services: z.array(serviceLevel) });

/** Log levels of all services, changed while they run (SKY-101 to SKY-110). */
export function logLevelRoutes(owners: Owners, ownLog: Log) {
  const ask = async (service: Service, caller: Caller): Promise<string> =>
    service === 'gateway' ? ownLog.level : (await owners.diagnostics(service).getLogLevel({}, as(caller))).level;

  const set = async (service: Service, level: LogLevel, caller: Caller): Promise<string> => {
    if (service !== 'gateway') return (await owners.diagnostics(service satisfies OwnerName).setLogLevel({ level }, as(caller))).level;
    ownLog.setLevel(level);
    ownLog.info('log level changed', { logLevel: level, actor: caller.actor });
    return ownLog.level;
  };

  return [
    route({
      method: 'GET', path: '/api/v0/log-levels', operation: 'getLogLevels', right: 'diagnostics', summary: 'The log level of every service',
      status: 200, answer,
      handle: async ({ caller }) => ({ services: await ofEach(SERVICE_NAMES, (service) => ask(service, caller)) }),
    }),
    route({
      method: 'PUT', path: '/api/v0/log-levels', operation: 'setLogLevels', right: 'diagnostics', summary: 'Change the log level of one service or of all, at once',
      description: 'Holds until the next start; INKPOST_LOG_LEVEL says the level at the start.',
      body: z.strictObject({ service: z.enum([...SERVICE_NAMES, 'all']).default('all'), level }), status: 200, answer, objectId: ({ body }) => `${body.service} ${body.level}`,
      handle: async ({ body, caller }) => ({ services: await ofEach(body.service === 'all' ? SERVICE_NAMES : [body.service], (service) => set(service, body.level, caller)) }),
    }),
  ];
}

/** One service that is down must not hide the levels of the others. */
async function ofEach(services: readonly Service[], act: (service: Service) => Promise<string>): Promise<z.input<typeof serviceLevel>[]> {
  return Promise.all(services.map(async (service) => act(service).then(
    (level) => ({ service, level, problem: null }),
    (error: unknown) => ({ service, level: null, problem: explainFailure(error).detail }),
  )));
}
