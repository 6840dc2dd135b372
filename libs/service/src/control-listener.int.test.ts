import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerService } from '@inkpost/contracts/admin/v1/server_pb.js';
import { DiagnosticsService } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { CauseDown } from '@inkpost/failure/failure.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { authorize, ControlListener } from './control-listener.js';
import { signControlToken } from './control-token.js';
import type { Right } from './rights.js';
import { invalidField, notFound } from './rpc-errors.js';
import type { ServiceName } from './service-variables.js';

const key = new TextEncoder().encode('a-key-of-this-service-alone-32-b');
const telemetry = new Telemetry({ processName: 'test', version: '0' });
const log = createLog('domain-sync', 'fatal');
let problems: string[] = [];
let base = '';
let listener: ControlListener;

beforeAll(async () => {
  listener = new ControlListener({
    service: 'domain-sync', listen: { host: '127.0.0.1', port: 0 }, key, log, tracer: telemetry.tracer('test'),
    readiness: async () => problems,
    metrics: async () => 'inkpost_up 1\n',
  });
  listener.serve((router) => {
    router.service(ServerService, {
      getServer: () => ({ name: 'one' }),
      updateServer: ({ name }, context) => {
        authorize(context, 'configuration.write');
        if (name === '') throw invalidField('name', 'give a name');
        if (name === 'gone') throw notFound('server', name);
        if (name === 'down') throw new CauseDown('test.down', 'The database does not answer.');
        if (name === 'bug') throw new Error('a password is in here');
        return { name };
      },
    });
  });
  base = `http://127.0.0.1:${await listener.start()}`;
  return () => listener.stop();
});

afterAll(() => telemetry.stop());

async function transport(rights: readonly Right[] | undefined, service: ServiceName = 'domain-sync', signingKey = key) {
  const token = rights ? await signControlToken(signingKey, service, { actor: 'ann', rights }) : undefined;
  return createConnectTransport({
    httpVersion: '1.1', baseUrl: base,
    interceptors: [(next) => (request) => {
      if (token) request.header.set('authorization', `Bearer ${token}`);
      return next(request);
    }],
  });
}

async function codeOf(call: Promise<unknown>): Promise<{ code: Code; message: string }> {
  const error: unknown = await call.then(() => undefined, (reason: unknown) => reason);
  const { code, rawMessage } = ConnectError.from(error);
  return { code, message: rawMessage };
}

describe('the control listener', () => {
  it('answers an authenticated caller', async () => {
    const client = createClient(ServerService, await transport([]));
    expect((await client.getServer({})).name).toBe('one');
  });

  it('keeps connections at rest for longer than callers pause between two calls', async () => {
    expect((await fetch(`${base}/healthz`)).headers.get('keep-alive')).toBe('timeout=600');
  });

  it.each([
    ['without a token', () => transport(undefined)],
    ['with a token for another service', () => transport(['configuration.write'], 'acceptance')],
    ['with a token signed by another key', () => transport(['configuration.write'], 'domain-sync', new TextEncoder().encode('another-key-that-is-32-bytes-lng'))],
  ])('refuses a caller %s', async (_name, make) => {
    const client = createClient(ServerService, await make());
    expect((await codeOf(client.getServer({}))).code).toBe(Code.Unauthenticated);
  });

  it('refuses a caller without the right, naming it', async () => {
    const client = createClient(ServerService, await transport(['jobs.read']));
    expect(await codeOf(client.updateServer({ name: 'x' }))).toEqual({ code: Code.PermissionDenied, message: 'This needs the right "configuration.write".' });
  });

  it.each([
    ['', Code.InvalidArgument, 'name: give a name'],
    ['gone', Code.NotFound, 'There is no server "gone".'],
    ['down', Code.Unavailable, 'The database does not answer.'],
    ['bug', Code.Internal, 'Something went wrong here; the log says more.'],
  ])('turns what happens with "%s" into a code, and tells no inner secret', async (name, code, message) => {
    const client = createClient(ServerService, await transport(['configuration.write']));
    expect(await codeOf(client.updateServer({ name }))).toEqual({ code, message });
  });

  it('changes the log level at once for who may', async () => {
    const client = createClient(DiagnosticsService, await transport(['diagnostics']));
    await client.setLogLevel({ level: 'debug' });
    expect((await client.getLogLevel({})).level).toBe('debug');
    expect((await codeOf(client.setLogLevel({ level: 'loud' }))).code).toBe(Code.InvalidArgument);
    await client.setLogLevel({ level: 'fatal' });
  });

  it('tells probes whether it is alive and ready, and shows metrics', async () => {
    const get = async (path: string) => {
      const response = await fetch(base + path);
      return [response.status, await response.text()];
    };
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect(await get('/readyz')).toEqual([200, 'ready\n']);
    problems = ['database'];
    expect(await get('/readyz')).toEqual([503, 'not ready: database\n']);
    expect(await get('/metrics')).toEqual([200, 'inkpost_up 1\n']);
    expect(await get('/elsewhere')).toEqual([404, 'not found\n']);
  });

  it('answers probes from its start on, and tells callers to try again until it serves', async () => {
    const early = new ControlListener({ service: 'domain-sync', listen: { host: '127.0.0.1', port: 0 }, key, log, tracer: telemetry.tracer('test'), readiness: async () => ['waits for something'], metrics: async () => '' });
    const url = `http://127.0.0.1:${await early.start()}`;
    try {
      expect(await fetch(`${url}/readyz`).then((response) => response.text())).toBe('not ready: waits for something\n');
      const call = createClient(ServerService, createConnectTransport({ httpVersion: '1.1', baseUrl: url })).getServer({});
      expect(await codeOf(call)).toEqual({ code: Code.Unavailable, message: 'domain-sync is only starting: try again in a moment.' });
    } finally {
      await early.stop();
    }
  });

  it('says who may be in the way when its port is taken', async () => {
    const port = Number(new URL(base).port);
    const second = new ControlListener({ service: 'domain-sync', listen: { host: '127.0.0.1', port }, key, log, tracer: telemetry.tracer('test'), readiness: async () => [], metrics: async () => '' });
    await expect(second.start()).rejects.toThrow(/is taken: is Inkpost running already\? INKPOST_DOMAIN_SYNC_LISTEN chooses/);
  });
});
