import 'reflect-metadata';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowRelay } from '@inkpost/flow/flow-relay.js';
import { FlowSender, type LocalHands } from '@inkpost/flow/flow-sender.js';
import { FlowFailureFilter, FlowServer } from '@inkpost/flow/flow-server.js';
import { createPool, query, sqlName } from '@inkpost/postgres/pool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import type { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { ControlListener } from './control-listener.js';
import { CONTROL_ROUTES, type ControlRoutes } from './control-routes.js';
import { NestLog } from './nest-log.js';
import { SecretsFolder } from './secrets-folder.js';
import type { BaseConfig, ServiceDefinition, ServiceRuntime } from './service-definition.js';

export interface RunningService {
  stop(): Promise<void>;
}

const REDIS_WAIT_MS = 5_000;

async function redisUrlWithPassword(url: string, secrets: SecretsFolder): Promise<string> {
  const parsed = new URL(url);
  if (parsed.password === '') parsed.password = (await secrets.readOptional('redis-password')) ?? '';
  return parsed.toString();
}

/** Starts one service: database, flow, its Nest module, its control listener. It takes messages only once all of it stands. */
export async function startService(definition: ServiceDefinition, config: BaseConfig, telemetry: Telemetry, version: string, hands: LocalHands = new Map()): Promise<RunningService> {
  const service = definition.name;
  const log = createLog(service, config.logLevel);
  const secrets = new SecretsFolder(config.secretsFolder, service);
  const pool = createPool({
    url: config.databaseUrl, user: sqlName(service), password: await secrets.read('database-password'), connectionsMax: config.databaseConnectionsMax,
    onIdleError: (error) => log.warning('database connection lost', { error }),
  });
  const redisUrl = await redisUrlWithPassword(config.redisUrl, secrets);
  const sender = new FlowSender(redisUrl, log, hands);
  await sender.waitForRedis(REDIS_WAIT_MS);
  const runtime: ServiceRuntime = {
    service, config, pool, log, secrets, version,
    flow: new FlowClient(pool, sender), tracer: telemetry.tracer(service), meter: telemetry.meter(service),
    metricsText: () => telemetry.metricsText(),
    readiness: async () => (await query(pool, 'readiness', 'SELECT 1', []).then(() => server.running)) ? [] : ['flow'],
  };
  const server = new FlowServer({ service, redisUrl, pool, sender, log, tracer: runtime.tracer, meter: runtime.meter, concurrency: config.flowConcurrency });
  const relay = new FlowRelay(service, pool, sender, log);
  const app: INestMicroservice = await NestFactory.createMicroservice(await definition.module(runtime), { strategy: server, logger: new NestLog(log), abortOnError: false });
  app.useGlobalFilters(new FlowFailureFilter());
  const control = new ControlListener({
    service, listen: config.controlListen, key: new TextEncoder().encode(await secrets.read('control-key')), log, tracer: runtime.tracer,
    routes: app.get<ControlRoutes>(CONTROL_ROUTES),
    readiness: () => runtime.readiness(),
    metrics: () => runtime.metricsText(),
  });
  await app.listen();
  hands.set(service, (subject, envelope) => server.take(subject, envelope));
  relay.start();
  const port = await control.start();
  log.info('service started', { port, version });
  return {
    stop: async () => {
      // Take nothing more, finish what is under way, then close what it stood on.
      await control.stop();
      await app.close();
      await relay.stop();
      await sender.stop();
      await pool.end();
      log.info('service stopped');
    },
  };
}
