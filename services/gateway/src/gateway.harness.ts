import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectRouter } from '@connectrpc/connect';
import { readConfigs } from '@inkpost/config/config.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { ControlListener } from '@inkpost/service/control-listener.js';
import { CONTROL_PORTS, variablePart } from '@inkpost/service/service-variables.js';
import { type RunningService, startService } from '@inkpost/service/start-service.js';
import { createLog, type Log } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis, type TestRedis } from '@inkpost/testkit/test-redis.js';
import { OWNER_NAMES, type OwnerName } from './call-owner/owner-name.js';
import { gatewayConfig } from './gateway.config.js';
import { gateway } from './gateway.module.js';

/** What a test lets an owner answer: services boot and test alone, so the owners' end of the wire is in the test's hands. */
export type OwnerRoutes = Partial<Record<OwnerName, (router: ConnectRouter) => void>>;

const telemetry = new Telemetry({ processName: 'test', version: '0' });

/** The gateway as it runs in production, on a real database, behind real control listeners with stand-ins for the owners' answers. */
export class GatewayHarness {
  private readonly stops: (() => Promise<unknown>)[] = [];
  private service: RunningService | undefined;

  private constructor(
    readonly http: string,
    readonly dsp: string,
    readonly wsc: string,
    readonly dataFolder: string,
    readonly superuser: Pool,
    /** As the gateway itself signs in to it. */
    readonly database: { readonly url: string; readonly password: string },
    /** The owners' logs by level: what a stand-in was told to log at. */
    readonly ownerLogs: ReadonlyMap<OwnerName, Log>,
    private readonly listeners: Map<OwnerName, ControlListener>,
    private readonly listenAs: (owner: OwnerName) => Promise<ControlListener>,
    private readonly startGateway: () => Promise<RunningService>,
  ) {}

  static async start(owners: OwnerRoutes, environment: Readonly<Record<string, string>> = {}): Promise<GatewayHarness> {
    const [database, redis, folder] = [await createInkpostDatabase(), await createTestRedis(), await temporaryFolder('gateway')];
    const ports = new Map(await Promise.all(Object.keys(CONTROL_PORTS).map(async (service) => [service, await freePort()] as const)));
    const keys = await writeSecrets(folder, database);
    const [http, dsp, wsc] = [await freePort(), await freePort(), await freePort()];
    const dataFolder = join(folder.path, 'data');
    const [config] = readConfigs([gatewayConfig], {
      INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: join(folder.path, 'secrets'), INKPOST_DATA_FOLDER: dataFolder,
      INKPOST_LOG_LEVEL: 'fatal', INKPOST_HTTP_LISTEN: `127.0.0.1:${http}`, INKPOST_DSP_LISTEN: `127.0.0.1:${dsp}`, INKPOST_WSC_LISTEN: `127.0.0.1:${wsc}`, INKPOST_GATEWAY_LISTEN: `127.0.0.1:${ports.get('gateway')}`,
      ...Object.fromEntries(OWNER_NAMES.map((owner) => [`INKPOST_${variablePart(owner)}_URL`, `http://127.0.0.1:${ports.get(owner)}`])), ...environment,
    });
    const logs = new Map(OWNER_NAMES.map((owner) => [owner, createLog(owner, 'fatal')]));
    const listenAs = (owner: OwnerName) => listen(owner, ports.get(owner) ?? 0, keys, logs, owners[owner]);
    const listeners = new Map(await Promise.all(OWNER_NAMES.map(async (owner) => [owner, await listenAs(owner)] as const)));
    const scheme = config.httpTls === 'on' ? 'https' : 'http';
    const startGateway = () => startService(gateway, config, telemetry, '1.2.3');
    const harness = new GatewayHarness(`${scheme}://127.0.0.1:${http}`, `https://127.0.0.1:${dsp}`, `https://127.0.0.1:${wsc}`, dataFolder, database.superuserPool(), { url: database.url, password: database.passwords.gateway }, logs, listeners, listenAs, startGateway);
    harness.service = await startGateway();
    harness.stops.push(async () => harness.service?.stop(), () => Promise.all([...listeners.values()].map((listener) => listener.stop())), ...ends(redis, database, folder));
    return harness;
  }

  /** Nobody answers at this owner's address any more. */
  async stopOwner(owner: OwnerName): Promise<void> {
    await this.listeners.get(owner)?.stop();
  }

  async startOwner(owner: OwnerName): Promise<void> {
    this.listeners.set(owner, await this.listenAs(owner));
  }

  async restart(): Promise<void> {
    await this.service?.stop();
    this.service = await this.startGateway();
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}

async function writeSecrets(folder: TemporaryFolder, database: InkpostDatabase): Promise<ReadonlyMap<OwnerName, string>> {
  const keys = new Map(OWNER_NAMES.map((owner) => [owner, randomBytes(32).toString('hex')]));
  const secrets = join(folder.path, 'secrets', 'gateway');
  await mkdir(secrets, { recursive: true });
  const files = { 'database-password': database.passwords.gateway, 'control-key': randomBytes(32).toString('hex'), ...Object.fromEntries([...keys].map(([owner, key]) => [`control-key.${owner}`, key])) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(secrets, name), text);
  return keys;
}

async function listen(owner: OwnerName, port: number, keys: ReadonlyMap<OwnerName, string>, logs: ReadonlyMap<OwnerName, Log>, routes: ((router: ConnectRouter) => void) | undefined): Promise<ControlListener> {
  const listener = new ControlListener({
    service: owner, listen: { host: '127.0.0.1', port }, key: new TextEncoder().encode(keys.get(owner)), log: logs.get(owner) ?? createLog(owner, 'fatal'), tracer: telemetry.tracer(owner),
    readiness: async () => [], metrics: async () => '',
  });
  listener.serve(routes ?? (() => undefined));
  await listener.start();
  return listener;
}

function ends(redis: TestRedis, database: InkpostDatabase, folder: TemporaryFolder): (() => Promise<unknown>)[] {
  return [() => redis.drop(), () => database.drop(), () => folder.remove()];
}
