import type { Environment } from '@inkpost/config/config.js';
import { CONTROL_PORTS, type ServiceName, variablePart } from '@inkpost/service/service-variables.js';

export interface SuitePlaces {
  /** `postgres://host:port/database` */
  readonly databaseUrl: string;
  /** Without its password. */
  readonly redisUrl: string;
  /** Holds `secrets`, `spool` and `data`. */
  readonly folder: string;
  /** Ports of the outward doors and of the services' control listeners; those not given are the defaults. */
  readonly ports?: Partial<Record<'http' | 'dsp' | 'wsc' | 'smtp' | 'lmtp' | ServiceName, number>>;
}

/** INKPOST_* for a suite on this machine: everything on loopback. */
export function suiteEnvironment({ databaseUrl, redisUrl, folder, ports = {} }: SuitePlaces): Environment {
  const services = Object.entries(CONTROL_PORTS).map(([service, port]): [ServiceName, number] => [service as ServiceName, ports[service as ServiceName] ?? port]);
  return {
    INKPOST_DATABASE_URL: databaseUrl,
    INKPOST_REDIS_URL: redisUrl,
    INKPOST_SECRETS_FOLDER: `${folder}/secrets`,
    INKPOST_SPOOL_FOLDER: `${folder}/spool`,
    INKPOST_DATA_FOLDER: `${folder}/data`,
    INKPOST_HTTP_LISTEN: `127.0.0.1:${ports.http ?? 5780}`,
    INKPOST_DSP_LISTEN: `127.0.0.1:${ports.dsp ?? 5753}`,
    INKPOST_WSC_LISTEN: `127.0.0.1:${ports.wsc ?? 5756}`,
    INKPOST_SMTP_LISTEN: `127.0.0.1:${ports.smtp ?? 2525}`,
    INKPOST_LMTP_LISTEN: `127.0.0.1:${ports.lmtp ?? 2424}`,
    ...Object.fromEntries(
      services.flatMap(([service, port]) => [
        [`INKPOST_${variablePart(service)}_LISTEN`, `127.0.0.1:${port}`],
        // The gateway is called by nobody.
        ...(service === 'gateway' ? [] : [[`INKPOST_${variablePart(service)}_URL`, `http://127.0.0.1:${port}`]]),
      ]),
    ),
  };
}

/** What a child process needs of the surrounding environment besides INKPOST_*. */
export function passedOn(environment: Environment): Environment {
  const names = ['PATH', 'HOME', 'TZ', 'LANG', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'CREDENTIALS_DIRECTORY', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));
}
