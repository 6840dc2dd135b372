import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError, type ConnectRouter, createContextKey, type HandlerContext, type Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { SpanKind, type Tracer } from '@opentelemetry/api';
import type { ListenAddress } from '@inkpost/config/variables.js';
import { DiagnosticsService } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { Failure, PermanentFailure, TransientFailure } from '@inkpost/failure/failure.js';
import { databaseRefusal } from '@inkpost/postgres/database-refusal.js';
import { isDatabaseDown } from '@inkpost/postgres/pool.js';
import { type Log, LOG_LEVEL_NAMES, type LogLevel } from '@inkpost/telemetry/log.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import { ControlTokenCheck } from './control-token.js';
import { invalidField } from './rpc-errors.js';
import type { Caller, Right } from './rights.js';
import { type ServiceName, variablePart } from './service-variables.js';

export interface ControlListenerOptions {
  readonly service: ServiceName;
  readonly listen: ListenAddress;
  readonly key: Uint8Array;
  readonly log: Log;
  readonly tracer: Tracer;
  /** Empty when ready, else what is missing. */
  readonly readiness: () => Promise<readonly string[]>;
  readonly metrics: () => Promise<string>;
}

/** How long a connection may be at rest. Whoever calls just when it is closed gets no answer: Node's five seconds are as long as some steps take. */
const KEEP_ALIVE_MS = 600_000;

const callerKey = createContextKey<Caller | undefined>(undefined);

/** The caller, if it has the right; throws permission-denied otherwise. Every method of every owner calls this first. */
export function authorize(context: HandlerContext, right: Right): Caller {
  const caller = context.values.get(callerKey);
  if (!caller?.rights.includes(right)) throw new ConnectError(`This needs the right "${right}".`, Code.PermissionDenied);
  return caller;
}

/** The caller of a method that needs no right of its own: signing in, a code at a release point. */
export function callerOf(context: HandlerContext): Caller {
  const caller = context.values.get(callerKey);
  if (!caller) throw new ConnectError('The call is not authenticated.', Code.Unauthenticated);
  return caller;
}

function authenticate({ key, service }: ControlListenerOptions): Interceptor {
  const check = new ControlTokenCheck(key, service);
  return (next) => async (request) => {
    const token = /^Bearer (.+)$/.exec(request.header.get('authorization') ?? '')?.[1];
    const caller = token ? await check.callerOf(token) : undefined;
    if (!caller) throw new ConnectError('The call is not authenticated.', Code.Unauthenticated);
    request.contextValues.set(callerKey, caller);
    return next(request);
  };
}

/** Goes on with the gateway's trace, so that the owner's log lines bear the id of the request. */
function trace(tracer: Tracer): Interceptor {
  return (next) => (request) => {
    const traceparent = request.header.get('traceparent');
    return inSpan(tracer, `${request.service.typeName}/${request.method.name}`, { kind: SpanKind.SERVER, ...(traceparent ? { traceparent } : {}) }, () => next(request));
  };
}

/** Failures become Connect codes; anything unknown is logged and told to nobody. */
function translateFailures(log: Log): Interceptor {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      if (error instanceof ConnectError) throw error;
      if (error instanceof PermanentFailure) throw new ConnectError(error.message, Code.FailedPrecondition);
      if (error instanceof TransientFailure && error.code !== 'unexpected') throw new ConnectError(error.message, Code.Unavailable);
      const refusal = databaseRefusal(error);
      if (refusal) throw new ConnectError(refusal.message, Code.FailedPrecondition);
      if (isDatabaseDown(error)) throw new ConnectError('The database does not answer: try again in a moment.', Code.Unavailable);
      log.error('control call failed', { method: `${request.service.typeName}/${request.method.name}`, error: error instanceof Failure ? (error.cause ?? error) : error });
      throw new ConnectError('Something went wrong here; the log says more.', Code.Internal);
    }
  };
}

function diagnostics(log: Log) {
  return (router: ConnectRouter): void => {
    router.service(DiagnosticsService, {
      getLogLevel: (_request, context) => {
        authorize(context, 'diagnostics');
        return { level: log.level };
      },
      setLogLevel: ({ level }, context) => {
        const { actor } = authorize(context, 'diagnostics');
        const wanted = LOG_LEVEL_NAMES.find((name): name is LogLevel => name === level);
        if (!wanted) throw invalidField('level', `must be one of ${LOG_LEVEL_NAMES.join(', ')}`);
        log.setLevel(wanted);
        log.info('log level changed', { logLevel: wanted, actor });
        return { level: wanted };
      },
    });
  };
}

/**
 * The inner door of a service: Connect for the gateway, and /healthz, /readyz, /metrics. Not for the outside. The probes are answered
 * from `start` on, calls from `serve` on: until then callers are told to try again.
 */
export class ControlListener {
  private readonly server: Server;
  private answerCall: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => this.refuseYet(response);

  constructor(private readonly options: ControlListenerOptions) {
    this.server = createServer((request, response) => {
      if (request.method === 'GET') void this.answerProbe(request, response);
      else this.answerCall(request, response);
    });
    this.server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  /** @param routes adds the service's own Connect services. */
  serve(routes: (router: ConnectRouter) => void): void {
    const { log, tracer } = this.options;
    this.answerCall = connectNodeAdapter({
      routes: (router) => {
        diagnostics(log)(router);
        routes(router);
      },
      interceptors: [authenticate(this.options), trace(tracer), translateFailures(log)],
      grpc: false, grpcWeb: false, readMaxBytes: 8 * 1024 * 1024,
    });
  }

  /** Gives the port that it listens on. */
  async start(): Promise<number> {
    const { service, listen: { host, port } } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} on ${host} is taken: is Inkpost running already? INKPOST_${variablePart(service)}_LISTEN chooses another one.`, { cause: error }) : error);
      });
      this.server.listen(port, host, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeIdleConnections();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    setTimeout(() => this.server.closeAllConnections(), 2_000).unref();
    await closed;
  }

  /** As Connect's protocol says "unavailable". */
  private refuseYet(response: ServerResponse): void {
    response.writeHead(503, { 'content-type': 'application/json', connection: 'close' })
      .end(JSON.stringify({ code: 'unavailable', message: `${this.options.service} is only starting: try again in a moment.` }));
  }

  private async answerProbe(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, body } = await this.probe(request.url ?? '/');
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
    } catch (error) {
      this.options.log.warning('probe failed', { error });
      response.writeHead(503).end('not ready\n');
    }
  }

  private async probe(path: string): Promise<{ status: number; body: string }> {
    switch (path) {
      case '/healthz':
        return { status: 200, body: 'ok\n' };
      case '/readyz': {
        const missing = await this.options.readiness();
        return missing.length === 0 ? { status: 200, body: 'ready\n' } : { status: 503, body: `not ready: ${missing.join(', ')}\n` };
      }
      case '/metrics':
        return { status: 200, body: await this.options.metrics() };
      default:
        return { status: 404, body: 'not found\n' };
    }
  }
}
