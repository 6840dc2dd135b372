import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowRelay } from '@inkpost/flow/flow-relay.js';
import { FlowSender, type LocalHands } from '@inkpost/flow/flow-sender.js';
import { FlowFailureFilter, FlowServer } from '@inkpost/flow/flow-server.js';
import { lookAtRedis } from '@inkpost/flow/look-at-redis.js';
import { lookAtPostgres } from '@inkpost/postgres/look-at-postgres.js';
import { createPool, isDatabaseDown, postgresFailure, query, sqlName } from '@inkpost/postgres/pool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import type { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { ControlListener } from './control-listener.js';
import { CONTROL_ROUTES, type ControlRoutes } from './control-routes.js';
import { NestLog } from './nest-log.js';
import { SecretsFolder } from './secrets-folder.js';
import { ServerWait } from './server-wait.js';
import type { BaseConfig, ServiceDefinition, ServiceRuntime } from './service-definition.js';

export interface RunningService {
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Of the services of this process. */
  readonly hands?: LocalHands;
  /** Aborted when the process is told to stop: a start that still waits ends then. */
  readonly over?: AbortSignal;
}

/** For the flow's own connection, once Redis is there. */
const REDIS_CONNECT_MS = 5_000;
/** The last schema that the migration opens to the services. */
const LAST_SCHEMA = 'spool';

async function redisUrlWithPassword(url: string, secrets: SecretsFolder): Promise<string> {
  const parsed = new URL(url);
  if (parsed.password === '') parsed.password = (await secrets.readOptional('redis-password')) ?? '';
  return parsed.toString();
}

function addressOf(text: string, usualPort: number): string {
  const { hostname, port } = new URL(text);
  return `${decodeURIComponent(hostname)}:${port === '' ? usualPort : port}`;
}

/** What a service is made of before its module is: who it is, and the door that says what is missing. */
interface Beginning {
  readonly definition: ServiceDefinition;
  readonly runtime: Omit<ServiceRuntime, 'pool' | 'flow'>;
  readonly redisUrl: string;
  /** For its connections to PostgreSQL. */
  readonly account: { readonly url: string; readonly user: string; readonly password: string };
  readonly wait: ServerWait;
  readonly control: ControlListener;
  readonly hands: LocalHands;
}

/**
 * Starts one service: its control listener first, which says what is missing; then, once PostgreSQL and Redis are there, flow and Nest
 * module. It takes messages and calls only once all of it stands. What fails leaves nothing open.
 */
export async function startService(definition: ServiceDefinition, config: BaseConfig, telemetry: Telemetry, version: string, options: StartOptions = {}): Promise<RunningService> {
  const service = definition.name;
  const log = createLog(service, config.logLevel);
  const secrets = new SecretsFolder(config.secretsFolder, service);
  const account = { url: config.databaseUrl, user: sqlName(service), password: await secrets.read('database-password') };
  const redisUrl = await redisUrlWithPassword(config.redisUrl, secrets);
  const key = new TextEncoder().encode(await secrets.read('control-key'));
  const wait = new ServerWait(log, options.over ?? new AbortController().signal);
  let readiness: ServiceRuntime['readiness'] = async () => [wait.waitsFor ?? 'starting'];
  const runtime: Beginning['runtime'] = {
    service, config, log, secrets, version, tracer: telemetry.tracer(service), meter: telemetry.meter(service),
    metricsText: () => telemetry.metricsText(),
    readiness: () => readiness(),
  };
  const { readiness: ready, metricsText: metrics, tracer } = runtime;
  const control = new ControlListener({ service, listen: config.controlListen, key, log, tracer, readiness: ready, metrics });
  const closings: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    // Take nothing more, finish what is under way, then close what it stood on.
    await control.stop();
    for (const close of closings.splice(0).toReversed()) await close();
  };
  try {
    const port = await control.start();
    readiness = await startParts({ definition, runtime, redisUrl, account, wait, control, hands: options.hands ?? new Map() }, closings);
    log.info('service started', { port, version });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop: async () => {
      await stop();
      log.info('service stopped');
    },
  };
}

/** Waits for its servers and builds the service on them. Gives how ready it is from now on. */
async function startParts({ definition, runtime: begun, redisUrl, account, wait, control, hands }: Beginning, closings: (() => Promise<unknown>)[]): Promise<ServiceRuntime['readiness']> {
  const { service, config, log, tracer, meter } = begun;
  const postgres = `PostgreSQL at ${addressOf(account.url, 5_432)}`;
  await wait.until({ name: postgres, look: () => lookAtPostgres({ ...account, schema: LAST_SCHEMA }) });
  await wait.until({ name: `Redis at ${addressOf(redisUrl, 6_379)}`, look: () => lookAtRedis(redisUrl) });
  const pool = createPool({ ...account, connectionsMax: config.databaseConnectionsMax, onIdleError: (error) => log.warning('database connection lost', { error }) });
  closings.push(() => pool.end());
  const sender = new FlowSender(redisUrl, log, hands);
  closings.push(() => sender.stop());
  await sender.waitForRedis(REDIS_CONNECT_MS);
  const runtime: ServiceRuntime = { ...begun, pool, flow: new FlowClient(pool, sender) };
  // Some read the database while they are built, which may be gone again by now.
  const module = await wait.until({ name: postgres, look: () => definition.module(runtime).catch(throwAsDown) });
  const server = new FlowServer({ service, redisUrl, pool, sender, log, tracer, meter, concurrency: config.flowConcurrency });
  const app = await NestFactory.createMicroservice(module, { strategy: server, logger: new NestLog(log), abortOnError: false });
  app.useGlobalFilters(new FlowFailureFilter());
  control.serve(app.get<ControlRoutes>(CONTROL_ROUTES));
  await app.listen();
  hands.set(service, (subject, envelope) => server.take(subject, envelope));
  const relay = new FlowRelay(service, pool, sender, log);
  relay.start();
  closings.push(() => relay.stop(), () => app.close());
  return async () => ((await query(pool, 'readiness', 'SELECT 1', []).then(() => server.running)) ? [] : ['flow']);
}

function throwAsDown(error: unknown): never {
  throw isDatabaseDown(error) ? postgresFailure(error) : error;
}
