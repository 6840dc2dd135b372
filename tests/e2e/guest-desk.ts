import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readConfigs } from '@inkpost/config/config.js';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { CheckingClient } from '@inkpost/gateway/rest.harness.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { CONTROL_PORTS, variablePart } from '@inkpost/service/service-variables.js';
import type { ServiceDefinition } from '@inkpost/service/service-definition.js';
import { startService } from '@inkpost/service/start-service.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { createInkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestRedis } from '@inkpost/testkit/test-redis.js';
import { PASSWORD } from './installation.js';

interface Fact {
  readonly subject: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What serves guests of one installation, as it runs in production: the gateway, guest-account, and domain-sync, which knows the server; acceptance's end of the wire is in the test's hands. */
export class GuestDesk {
  private constructor(
    readonly rest: CheckingClient,
    readonly ports: { readonly http: number; readonly wsc: number },
    /** Of the doors that speak HTTPS. */
    readonly certificate: string,
    readonly superuser: Pool,
    private readonly acceptance: FlowClient,
    private readonly stops: (() => Promise<unknown>)[],
  ) {}

  static async open(): Promise<GuestDesk> {
    const [database, redis, folder] = [await createInkpostDatabase(), await createTestRedis(), await temporaryFolder('desk')];
    const stops: (() => Promise<unknown>)[] = [() => redis.drop(), () => database.drop(), () => folder.remove()];
    const controls = new Map(await Promise.all(Object.keys(CONTROL_PORTS).map(async (service) => [service, await freePort()] as const)));
    const ports = { http: await freePort(), dsp: await freePort(), wsc: await freePort() };
    const key = randomBytes(32).toString('hex');
    const secrets = {
      'guest-account': { 'database-password': database.passwords['guest-account'], 'control-key': key, 'master-key': randomBytes(32).toString('hex'), 'maintenance-password': PASSWORD },
      'domain-sync': { 'database-password': database.passwords['domain-sync'], 'control-key': key },
      gateway: { 'database-password': database.passwords.gateway, ...Object.fromEntries(['control-key', ...[...controls.keys()].map((owner) => `control-key.${owner}`)].map((name) => [name, key])) },
    };
    for (const [service, files] of Object.entries(secrets)) {
      await mkdir(join(folder.path, 'secrets', service), { recursive: true });
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, 'secrets', service, name), text);
    }
    const environment = {
      INKPOST_DATABASE_URL: database.url, INKPOST_REDIS_URL: redis.url, INKPOST_SECRETS_FOLDER: join(folder.path, 'secrets'), INKPOST_DATA_FOLDER: join(folder.path, 'data'), INKPOST_LOG_LEVEL: 'fatal',
      INKPOST_HTTP_LISTEN: `127.0.0.1:${ports.http}`, INKPOST_DSP_LISTEN: `127.0.0.1:${ports.dsp}`, INKPOST_WSC_LISTEN: `127.0.0.1:${ports.wsc}`,
      ...Object.fromEntries([...controls].flatMap(([service, port]) => [[`INKPOST_${part(service)}_LISTEN`, `127.0.0.1:${port}`], [`INKPOST_${part(service)}_URL`, `http://127.0.0.1:${port}`]])),
    };
    for (const definition of [guestAccount, domainSync, gateway]) {
      const service = await startService(definition, configOf(definition, environment), new Telemetry({ processName: 'test', version: '0' }), '0.0.0-test');
      stops.unshift(() => service.stop());
    }
    const sender = new FlowSender(redis.url, createLog('test', 'fatal'));
    await sender.waitForRedis(5_000);
    stops.unshift(() => sender.stop());
    const rest = new CheckingClient(`http://127.0.0.1:${ports.http}`);
    expect((await rest.signIn('maintenance', PASSWORD)).status).toBe(201);
    const certificate = await readFile(join(folder.path, 'data', 'certificate', 'certificate.pem'), 'utf8');
    return new GuestDesk(rest, ports, certificate, database.superuserPool(), new FlowClient(database.pool('acceptance'), sender), stops);
  }

  /** Accepts a mail as acceptance does; gives the message's id. */
  async accept(address: string, unknownSender: 'create' | 'refuse' = 'create'): Promise<string> {
    const messageId = randomUUID();
    const payload = { messageId, mailboxId: 'mailbox', queueId: 'queue', subject: 'Please print', sender: { address, displayName: 'Ada Lovelace' }, language: 'fr', unknownSender };
    await this.acceptance.publish({ journeyId: messageId, entries: [], publish: [{ subject: 'acceptance.message-accepted.v1', payload }] });
    return messageId;
  }

  /** What follows from a mail, once it does, but for facts about accounts. */
  async outcome(messageId: string): Promise<Fact> {
    let facts: Fact[] = [];
    await expect.poll(async () => (facts = (await this.facts(messageId)).filter(({ subject }) => subject !== 'account.changed.v1')), { timeout: 15_000 }).not.toEqual([]);
    expect(facts).toHaveLength(1);
    return facts[0] ?? { subject: '', payload: {} };
  }

  async facts(messageId: string): Promise<Fact[]> {
    return (await this.superuser.query<Fact>("SELECT subject, payload FROM flow.message WHERE journey_id = $1 AND producer = 'guest_account'", [messageId])).rows;
  }

  async journey(messageId: string): Promise<{ readonly step: string; readonly evidence: Readonly<Record<string, unknown>> }[]> {
    return (await this.superuser.query('SELECT step, evidence FROM journey.entry WHERE message_id = $1 ORDER BY id', [messageId])).rows;
  }

  /** For what a mail waits; undefined: for nothing. */
  async waitsFor(messageId: string): Promise<string | undefined> {
    const { rows: [row] } = await this.superuser.query<{ reason: string }>("SELECT reason FROM flow.message WHERE journey_id = $1 AND consumer = 'guest_account' AND waits > 0", [messageId]);
    return row?.reason;
  }

  async guests(address: string): Promise<{ readonly account_id: string; readonly origin: string; readonly last_used_at: Date | null; readonly display_name: string; readonly language: string }[]> {
    return (await this.superuser.query('SELECT * FROM guest_account.guest WHERE $1 = ANY (addresses)', [address])).rows;
  }

  /** Asks at the door for other servers. */
  async atWsc(method: string, path: string, { token, body }: { readonly token?: string; readonly body?: object } = {}): Promise<{ readonly status: number; readonly location: string | undefined; readonly body: Readonly<Record<string, unknown>> }> {
    return new Promise((resolve, reject) => {
      const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) };
      request({ host: '127.0.0.1', port: this.ports.wsc, method, path, headers, ca: this.certificate, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, location: response.headers.location, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }));
      }).on('error', reject).end(body ? JSON.stringify(body) : undefined);
    });
  }

  async close(): Promise<void> {
    for (const stop of this.stops) await stop();
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
