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
  private doors: { readonly http: Door; readonly dsp: Door } | undefined;

  constructor(private readonly options: PublicDoorsOptions) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, publicRoutes, dspRoutes, log, ...rest } = this.options;
    const { httpListen, httpTls, dspListen } = config;
    const trustedProxies = config.trustedProxies.split(',').map((entry) => entry.trim()).filter(Boolean);
    const certificate = await keepCertificate(join(config.dataFolder, 'gateway'), httpListen.host, new Date());
    const encrypted = mustEncrypt(httpTls, httpListen.host);
    if (!encrypted && !isLoopback(httpListen.host)) log.warning('plain HTTP on a public address, for a reverse proxy only', { host: httpListen.host });
    const common = { ...rest, log, trustedProxies };
    const http = await Door.open({ ...common, listen: httpListen, certificate: encrypted ? certificate : undefined, routes: publicRoutes });
    try {
      this.doors = { http, dsp: await Door.open({ ...common, listen: dspListen, certificate, routes: dspRoutes }) };
    } catch (error) {
      await http.close();
      throw error;
    }
    log.info('doors open', { http: `${encrypted ? 'https' : 'http'}://${httpListen.host}:${http.port}`, dsp: `https://${dspListen.host}:${this.doors.dsp.port}` });
  }

  /** Where the doors are, once they are open. */
  get ports(): { readonly http: number; readonly dsp: number } {
    if (!this.doors) throw new Error('The doors are not open.');
    return { http: this.doors.http.port, dsp: this.doors.dsp.port };
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.doors?.http.close(), this.doors?.dsp.close()]);
  }
}
