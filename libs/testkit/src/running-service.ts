import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { readConfigs } from '@inkpost/config/config.js';
import type { ServiceName } from '@inkpost/database/database-layout.js';
import { FlowClient, type Publication } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { FLOW } from '@inkpost/flow/flow.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { signControlToken } from '@inkpost/service/control-token.js';
import type { Right } from '@inkpost/service/rights.js';
import type { ServiceDefinition } from '@inkpost/service/service-definition.js';
import { variablePart } from '@inkpost/service/service-variables.js';
import { startService } from '@inkpost/service/start-service.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from './free-port.js';
import { createInkpostDatabase } from './inkpost-database.js';
import { temporaryFolder } from './temporary-folder.js';
import { createTestRedis } from './test-redis.js';

/** One service as it runs in production, with its neighbours' ends of the wire in the test's hands. */
export interface RunningTestService {
  /** Looks behind the functions. */
  readonly superuser: Pool;
  /** As the service itself sees the database. */
  readonly ownPool: Pool;
  /** A folder of the test's own; `spool` in it is the service's spool. */
  readonly folder: string;
  /** A client of its control plane, with these rights. */
  client<S extends DescService>(service: S, ...rights: Right[]): Client<S>;
  /** Publishes as the subject's producer would; gives the journey's id. */
  publish(publication: Publication, journeyId?: string): Promise<string>;
  /** The journey's steps so far. */
  journey(journeyId: string): Promise<{ step: string; evidence: Record<string, unknown>; document_id: string | null }[]>;
  /** Stops the service and removes all it stood on: let `beforeAll` return it. */
  remove(): Promise<void>;
}

export async function startTestService(definition: ServiceDefinition, settings: Readonly<Record<string, string>> = {}): Promise<RunningTestService> {
  const stops: (() => Promise<unknown>)[] = [];
  const [database, redis, folder] = await Promise.all([createInkpostDatabase(), createTestRedis(), temporaryFolder(definition.name)]);
  stops.push(() => folder.remove(), () => redis.drop(), () => database.drop());
  const controlKey = randomBytes(32).toString('hex');
  const secrets = { 'database-password': database.passwords[definition.name], 'control-key': controlKey, 'master-key': randomBytes(32).toString('hex') };
  await mkdir(join(folder.path, 'secrets', definition.name), { recursive: true });
  await mkdir(join(folder.path, 'spool'));
  for (const [name, text] of Object.entries(secrets)) await writeFile(join(folder.path, 'secrets', definition.name, name), text);
  const port = await freePort();
  const known = new Set(Object.values(definition.config).map(({ name }) => name as string));
  const offered = {
    INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: join(folder.path, 'secrets'), INKPOST_SPOOL_FOLDER: join(folder.path, 'spool'),
    INKPOST_LOG_LEVEL: 'fatal', [`INKPOST_${variablePart(definition.name)}_LISTEN`]: `127.0.0.1:${port}`,
  };
  const [config] = readConfigs([definition.config], { ...Object.fromEntries(Object.entries(offered).filter(([name]) => known.has(name))), ...settings });
  const service = await startService(definition, config, new Telemetry({ processName: 'test', version: '0' }), '0.0.0-test');
  stops.push(() => service.stop());
  const producers = new Map<ServiceName, FlowClient>();
  const sender = new FlowSender(redis.url, createLog('test', 'fatal'));
  await sender.waitForRedis(5_000);
  stops.push(() => sender.stop());
  const superuser = database.superuserPool();
  const key = new TextEncoder().encode(controlKey);
  return {
    superuser,
    ownPool: database.pool(definition.name),
    folder: folder.path,
    client: (contract, ...rights) =>
      createClient(contract, createConnectTransport({
        httpVersion: '1.1', baseUrl: `http://127.0.0.1:${port}`,
        interceptors: [(next) => async (request) => {
          request.header.set('authorization', `Bearer ${await signControlToken(key, definition.name, { actor: 'tester', rights })}`);
          return next(request);
        }],
      })),
    publish: async (publication, journeyId = randomUUID()) => {
      const producer = FLOW[publication.subject].from;
      const client = producers.get(producer) ?? new FlowClient(database.pool(producer), sender);
      producers.set(producer, client);
      await client.publish({ journeyId, entries: [], publish: [publication] });
      return journeyId;
    },
    journey: async (journeyId) => {
      const { rows } = await superuser.query<{ step: string; evidence: Record<string, unknown>; document_id: string | null }>('SELECT step, evidence, document_id FROM journey.entry WHERE message_id = $1 ORDER BY id', [journeyId]);
      return rows;
    },
    remove: async () => {
      for (const stop of stops.toReversed()) await stop();
    },
  };
}
