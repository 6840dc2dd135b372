import { join } from 'node:path';
import type { Meter, Tracer } from '@opentelemetry/api';
import type { Log } from '@inkpost/telemetry/log.js';
import type { RouteAnswerer } from '../answer-route/answer-request.js';
import type { Route } from '../answer-route/route.js';
import type { GatewayConfig } from '../gateway.config.js';
import { keepCertificate } from './certificate.js';
import { isLoopback, mustEncrypt } from './decide-encryption.js';
import { Door } from './door.js';

export interface PublicDoorsOptions {
  readonly config: Pick<GatewayConfig, 'httpListen' | 'httpTls' | 'dspListen' | 'trustedProxies' | 'dataFolder'>;
  readonly publicRoutes: readonly Route[];
  readonly dspRoutes: readonly Route[];
  readonly answerer: RouteAnswerer;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly log: Log;
}

/** Inkpost's doors to the outside: REST, and the one between servers. They open last and close first. */
export class PublicDoors {
  private readonly doors: Door[] = [];

  constructor(private readonly options: PublicDoorsOptions) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, publicRoutes, dspRoutes, log, ...rest } = this.options;
    const { httpListen, httpTls, dspListen, trustedProxies } = config;
    const certificate = await keepCertificate(join(config.dataFolder, 'certificate'), httpListen.host, new Date());
    const encrypted = mustEncrypt(httpTls, httpListen.host);
    if (!encrypted && !isLoopback(httpListen.host)) log.warning('plain HTTP on a public address, for a reverse proxy only', { host: httpListen.host });
    const common = { ...rest, log, trustedProxies };
    const http = await Door.open({ ...common, listen: httpListen, certificate: encrypted ? certificate : undefined, routes: publicRoutes });
    this.doors.push(http);
    const dsp = await Door.open({ ...common, listen: dspListen, certificate, routes: dspRoutes }).catch(async (error: unknown) => {
      await http.close();
      throw error;
    });
    this.doors.push(dsp);
    log.info('doors open', { http: `${encrypted ? 'https' : 'http'}://${httpListen.host}:${http.port}`, dsp: `https://${dspListen.host}:${dsp.port}` });
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.doors.map((door) => door.close()));
  }
}
