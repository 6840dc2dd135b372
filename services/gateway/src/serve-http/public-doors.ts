import type { Meter, Tracer } from '@opentelemetry/api';
import type { Log } from '@inkpost/telemetry/log.js';
import type { RouteAnswerer } from '../answer-route/answer-request.js';
import type { Route } from '../answer-route/route.js';
import type { GatewayConfig } from '../gateway.config.js';
import type { RequestHandler } from 'express';
import type { DoorName } from '../install-certificate/installed-certificate.js';
import type { DomainDoor } from '../pass-on-dsp/domain-door.js';
import { isLoopback, mustEncrypt } from './decide-encryption.js';
import { LIMITS } from '../limits.js';
import { Door, type DoorOptions } from './door.js';
import type { ServerCertificate } from './server-certificate.js';

export interface PublicDoorsOptions {
  readonly config: Pick<GatewayConfig, 'httpListen' | 'httpTls' | 'dspListen' | 'dspTls' | 'wscListen' | 'trustedProxies'>;
  readonly certificate: ServerCertificate;
  readonly publicRoutes: readonly Route[];
  readonly dspRoutes: readonly Route[];
  readonly wscRoutes: readonly Route[];
  readonly domain: { readonly door: DomainDoor; readonly passOn: RequestHandler };
  readonly answerer: RouteAnswerer;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly log: Log;
}

/** Inkpost's doors to the outside: REST, the one between servers, and the one to the guest base. They open last and close first. */
export class PublicDoors {
  private readonly doors = new Map<DoorName, Door>();

  constructor(private readonly options: PublicDoorsOptions) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, publicRoutes, dspRoutes, wscRoutes, log, certificate: kept, domain, ...rest } = this.options;
    const { httpListen, httpTls, dspListen, dspTls, wscListen, trustedProxies } = config;
    const encrypted = mustEncrypt(httpTls, httpListen.host);
    if (!encrypted && !isLoopback(httpListen.host)) log.warning('plain HTTP on a public address, for a reverse proxy only', { host: httpListen.host });
    const plainDsp = dspTls === 'off';
    if (plainDsp) log.warning('plain HTTP between servers: for a reverse proxy only, and in no domain', { host: dspListen.host });
    const common = { ...rest, log, trustedProxies, requestMs: LIMITS.requestMs };
    try {
      const http = await this.open('http', { ...common, listen: httpListen, certificate: encrypted ? await kept.get('http') : undefined, routes: publicRoutes });
      const dsp = await this.open('dsp', { ...common, listen: dspListen, certificate: plainDsp ? undefined : await kept.get('dsp'), routes: dspRoutes, requestMs: LIMITS.uploadMs, domain, connectionsMax: LIMITS.dspConnectionsMax });
      domain.door.start();
      const wsc = await this.open('wsc', { ...common, listen: wscListen, certificate: await kept.get('wsc'), routes: wscRoutes });
      kept.watch(() => this.renew());
      kept.start();
      log.info('doors open', { http: `${encrypted ? 'https' : 'http'}://${httpListen.host}:${http.port}`, dsp: `${plainDsp ? 'http' : 'https'}://${dspListen.host}:${dsp.port}`, wsc: `https://${wscListen.host}:${wsc.port}` });
    } catch (error) {
      await this.onModuleDestroy();
      throw error;
    }
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.options.certificate.close(), this.options.domain.door.close(), ...[...this.doors.values()].map((door) => door.close())]);
    this.doors.clear();
  }

  private async renew(): Promise<void> {
    for (const [name, door] of this.doors) door.renew(await this.options.certificate.get(name));
  }

  private async open(name: DoorName, options: DoorOptions): Promise<Door> {
    const door = await Door.open(options);
    this.doors.set(name, door);
    return door;
  }
}
