import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readConfigs } from '@inkpost/config/config.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import type { FlowService } from '@inkpost/flow/flow.js';
import { CheckingClient } from '@inkpost/gateway/rest.harness.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { CONTROL_PORTS, variablePart } from '@inkpost/service/service-variables.js';
import type { ServiceDefinition } from '@inkpost/service/service-definition.js';
import { startService } from '@inkpost/service/start-service.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { PASSWORD } from './installation.js';

/** Some services of one installation, in this process and as they run in production; the ends of the wire of the others are in the test's hands. */
export class ServiceSet {
  readonly superuser: Pool;
  private readonly restarts = new Map<string, () => Promise<void>>();
  private readonly halts = new Map<string, () => Promise<void>>();

  private constructor(
    readonly rest: CheckingClient,
    readonly ports: { readonly http: number; readonly dsp: number; readonly wsc: number },
    readonly folder: string,
    /** Hexadecimal. */
    readonly masterKey: string,
    private readonly database: InkpostDatabase,
    private readonly sender: FlowSender,
    private readonly stops: (() => Promise<unknown>)[],
  ) {
    this.superuser = database.superuserPool();
  }

  /** The gateway is one of them. Signed in as maintenance. */
  static async start(definitions: readonly ServiceDefinition[]): Promise<ServiceSet> {
    const [database, redis, folder] = [await createInkpostDatabase(), await createTestRedis(), await temporaryFolder('services')];
    const stops: (() => Promise<unknown>)[] = [() => redis.drop(), () => database.drop(), () => folder.remove()];
    const controls = new Map(await Promise.all(Object.keys(CONTROL_PORTS).map(async (service) => [service, await freePort()] as const)));
    const ports = { http: await freePort(), dsp: await freePort(), wsc: await freePort() };
    const masterKey = randomBytes(32).toString('hex');
    await writeSecrets(join(folder.path, 'secrets'), database, [...controls.keys()], masterKey);
    await mkdir(join(folder.path, 'spool'));
    const environment = {
      INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: join(folder.path, 'secrets'), INKPOST_DATA_FOLDER: join(folder.path, 'data'), INKPOST_SPOOL_FOLDER: join(folder.path, 'spool'), INKPOST_LOG_LEVEL: 'fatal',
      INKPOST_HTTP_LISTEN: `127.0.0.1:${ports.http}`, INKPOST_DSP_LISTEN: `127.0.0.1:${ports.dsp}`, INKPOST_WSC_LISTEN: `127.0.0.1:${ports.wsc}`,
      INKPOST_SMTP_LISTEN: `127.0.0.1:${await freePort()}`, INKPOST_LMTP_LISTEN: `127.0.0.1:${await freePort()}`,
      ...Object.fromEntries([...controls].flatMap(([service, port]) => [[`INKPOST_${part(service)}_LISTEN`, `127.0.0.1:${port}`], [`INKPOST_${part(service)}_URL`, `http://127.0.0.1:${port}`]])),
    };
    const start = async (definition: ServiceDefinition) => startService(definition, configOf(definition, environment), new Telemetry({ processName: 'test', version: '0' }), '0.0.0-test');
    const [restarts, halts] = [new Map<string, () => Promise<void>>(), new Map<string, () => Promise<void>>()];
    for (const definition of definitions) {
      let service = await start(definition);
      let runs = true;
      const halt = async () => {
        if (runs) await service.stop();
        runs = false;
      };
      stops.unshift(halt);
      halts.set(definition.name, halt);
      restarts.set(definition.name, async () => {
        await halt();
        service = await start(definition);
        runs = true;
      });
    }
    const sender = new FlowSender(redis.url, createLog('test', 'fatal'));
    await sender.waitForRedis(5_000);
    stops.unshift(() => sender.stop());
    const rest = new CheckingClient(`http://127.0.0.1:${ports.http}`);
    expect((await rest.signIn('maintenance', PASSWORD)).status).toBe(201);
    const set = new ServiceSet(rest, ports, folder.path, masterKey, database, sender, stops);
    for (const [name, restart] of restarts) set.restarts.set(name, restart);
    for (const [name, halt] of halts) set.halts.set(name, halt);
    return set;
  }

  /** Speaks in the flow as this service. */
  flowOf(service: FlowService): FlowClient {
    return new FlowClient(this.poolOf(service), this.sender);
  }

  poolOf(service: FlowService): Pool {
    return this.database.pool(service);
  }

  /** Until it is restarted. */
  async halt(service: FlowService | 'gateway'): Promise<void> {
    await this.halts.get(service)?.();
  }

  async restart(service: FlowService | 'gateway'): Promise<void> {
    await this.restarts.get(service)?.();
  }

  /** Of the doors that speak HTTPS. */
  async certificate(): Promise<string> {
    return readFile(join(this.folder, 'data', 'certificate', 'certificate.pem'), 'utf8');
  }

  async journey(messageId: string): Promise<{ readonly step: string; readonly evidence: Readonly<Record<string, unknown>> }[]> {
    return (await this.superuser.query('SELECT step, evidence FROM journey.entry WHERE message_id = $1 ORDER BY id', [messageId])).rows;
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}

async function writeSecrets(folder: string, database: InkpostDatabase, services: readonly string[], masterKey: string): Promise<void> {
  const key = randomBytes(32).toString('hex');
  const ofOwners = Object.fromEntries(services.map((owner) => [`control-key.${owner}`, key]));
  for (const [service, password] of Object.entries(database.passwords)) {
    await mkdir(join(folder, service), { recursive: true });
    const own = { 'database-password': password, 'control-key': key, 'master-key': masterKey, 'maintenance-password': PASSWORD, ...(['gateway', 'domain-sync'].includes(service) ? ofOwners : {}) };
    for (const [name, text] of Object.entries(own)) await writeFile(join(folder, service, name), text);
  }
}

function part(service: string): string {
  return variablePart(service as keyof typeof CONTROL_PORTS);
}

function configOf({ config }: ServiceDefinition, environment: Readonly<Record<string, string>>) {
  const known = new Set(Object.values(config).map(({ name }) => name as string));
  const [read] = readConfigs([config], Object.fromEntries(Object.entries(environment).filter(([name]) => known.has(name))));
  if (!read) throw new Error('unreachable: one was asked for');
  return read;
}
