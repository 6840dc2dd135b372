import type { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import type { Meter, Tracer } from '@opentelemetry/api';
import type { ListenAddress } from '@inkpost/config/variables.js';
import { NestLog } from '@inkpost/service/nest-log.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { RouteAnswerer } from '../answer-route/answer-request.js';
import type { Route } from '../answer-route/route.js';
import { LIMITS } from '../limits.js';
import type { DomainDoor } from '../pass-on-dsp/domain-door.js';
import { routeController } from './bind-routes.js';
import type { DoorCertificate } from './server-certificate.js';
import { frameRequest } from './frame-request.js';
import { UnknownRequestFilter } from './refuse-unknown.js';

export interface DoorOptions {
  readonly listen: ListenAddress;
  /** Absent: plain HTTP. */
  readonly certificate: DoorCertificate | undefined;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly routes: readonly Route[];
  /** Receiving a request, headers and body. */
  readonly requestMs: number;
  /** The door between servers, which other servers of the domain come to by another name. */
  readonly domain?: { readonly door: DomainDoor; readonly passOn: RequestHandler };
  readonly connectionsMax?: number;
  readonly answerer: RouteAnswerer;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly log: Log;
}

@Module({})
class DoorModule {}

/** A listening address with its routes: Nest's HTTP application over Express. */
export class Door {
  private constructor(
    private readonly app: NestExpressApplication,
    private readonly server: HttpServer,
  ) {}

  /** Listens once it returns. Throws when the address is taken. */
  static async open(options: DoorOptions): Promise<Door> {
    const { routes, answerer, log, certificate, trustedProxies } = options;
    const module: DynamicModule = { module: DoorModule, controllers: [routeController(routes, (route, request, response) => answerer.answer(route, request, response))] };
    const app = await NestFactory.create<NestExpressApplication>(module, {
      bodyParser: false, abortOnError: false, logger: new NestLog(log),
      ...(certificate ? { httpsOptions: { ...contextOf(certificate), ...options.domain?.door.tlsOptions } } : {}),
    });
    app.disable('x-powered-by').disable('etag').set('trust proxy', trustedProxies).set('query parser', false);
    const duration = options.meter.createHistogram('http_server_request_duration', { unit: 's', description: 'Time to answer a request, by route and status' });
    app.use(frameRequest({ tracer: options.tracer, duration, log }));
    if (options.domain) app.use('/dsp/v1', options.domain.passOn);
    app.useGlobalFilters(new UnknownRequestFilter(routes, log));
    const server: HttpServer = app.getHttpServer();
    limit(server, options);
    if (options.domain && server instanceof HttpsServer) options.domain.door.guard(server);
    await app.init();
    await listen(server, options.listen);
    return new Door(app, server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** New connections are shown this certificate; those that are open go on. */
  renew(certificate: DoorCertificate): void {
    if (this.server instanceof HttpsServer) this.server.setSecureContext(contextOf(certificate));
  }

  /** Takes nothing new, and gives what is under way a moment. */
  async close(): Promise<void> {
    const late = setTimeout(() => this.server.closeAllConnections(), LIMITS.drainMs);
    await this.app.close();
    clearTimeout(late);
  }
}

/** `ca`: where a door asks for certificates, it names our own authority whatever it shows, so that no browser offers its user's. */
function contextOf({ certificatePem, keyPem, authorityPem }: DoorCertificate) {
  return { cert: certificatePem, key: keyPem, ca: authorityPem };
}

async function listen(server: HttpServer, { host, port }: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} on ${host} is taken: is Inkpost running already?`, { cause: error }) : error);
    });
    server.listen(port, host, resolve);
  });
}

function limit(server: HttpServer, { requestMs, connectionsMax = LIMITS.connectionsMax }: DoorOptions): void {
  server.requestTimeout = requestMs;
  server.headersTimeout = LIMITS.headersMs;
  server.keepAliveTimeout = LIMITS.keepAliveMs;
  server.maxConnections = connectionsMax;
  server.on('clientError', refuseMalformed);
}

const STATUS_LINES: Readonly<Record<string, string>> = { ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout', HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large' };

/** What is not even HTTP still gets a problem, written by hand: there is no response object. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const line = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ type: 'about:blank', title: line.slice(4), status: Number.parseInt(line, 10) });
  socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}
