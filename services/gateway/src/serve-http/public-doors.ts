import { join } from 'node:path';
import type { Meter, Tracer } from '@opentelemetry/api';
import type { Log } from '@inkpost/telemetry/log.js';
import type { RouteAnswerer } from '../answer-route/answer-request.js';
import type { Route } from '../answer-route/route.js';
import type { GatewayConfig } from '../gateway.config.js';
import { keepCertificate } from './certificate.js';
import { isLoopback, mustEncrypt } from './decide-encryption.js';
import { Door, type DoorOptions } from './door.js';

export interface PublicDoorsOptions {
  readonly config: Pick<GatewayConfig, 'httpListen' | 'httpTls' | 'dspListen' | 'wscListen' | 'trustedProxies' | 'dataFolder'>;
  readonly publicRoutes: readonly Route[];
  readonly dspRoutes: readonly Route[];
  readonly wscRoutes: readonly Route[];
  readonly answerer: RouteAnswerer;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly log: Log;
}

/** Inkpost's doors to the outside: REST, the one between servers, and the one to the guest base. They open last and close first. */
export class PublicDoors {
  private readonly doors: Door[] = [];

  constructor(private readonly options: PublicDoorsOptions) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, publicRoutes, dspRoutes, wscRoutes, log, ...rest } = this.options;
    const { httpListen, httpTls, dspListen, wscListen, trustedProxies } = config;
    const certificate = await keepCertificate(join(config.dataFolder, 'certificate'), [httpListen, dspListen, wscListen].map(({ host }) => host), new Date());
    const encrypted = mustEncrypt(httpTls, httpListen.host);
    if (!encrypted && !isLoopback(httpListen.host)) log.warning('plain HTTP on a public address, for a reverse proxy only', { host: httpListen.host });
    const common = { ...rest, log, trustedProxies };
    try {
      const http = await this.open({ ...common, listen: httpListen, certificate: encrypted ? certificate : undefined, routes: publicRoutes });
      const dsp = await this.open({ ...common, listen: dspListen, certificate, routes: dspRoutes });
      const wsc = await this.open({ ...common, listen: wscListen, certificate, routes: wscRoutes });
      log.info('doors open', { http: `${encrypted ? 'https' : 'http'}://${httpListen.host}:${http.port}`, dsp: `https://${dspListen.host}:${dsp.port}`, wsc: `https://${wscListen.host}:${wsc.port}` });
    } catch (error) {
      await this.onModuleDestroy();
      throw error;
    }
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.doors.splice(0).map((door) => door.close()));
  }

  private async open(options: DoorOptions): Promise<Door> {
    const door = await Door.open(options);
    this.doors.push(door);
    return door;
  }
}
