import type { ConfigDefinition } from '@inkpost/config/config.js';
import { listenAddress, oneOf, optionalText, text, url, wholeNumber } from '@inkpost/config/variables.js';
import { LOG_LEVEL_NAMES } from '@inkpost/telemetry/log.js';

/** The services and the loopback port of each one's control listener; the gateway calls the others there. */
export const CONTROL_PORTS = {
  'mail-ingest': 5781,
  acceptance: 5782,
  'guest-account': 5783,
  'print-submit': 5784,
  notification: 5785,
  'domain-sync': 5786,
  gateway: 5787,
} as const;

export type ServiceName = keyof typeof CONTROL_PORTS;

export function variablePart(service: ServiceName): string {
  return service.toUpperCase().replaceAll('-', '_');
}

/** The settings that every service has. */
export function serviceVariables(service: ServiceName) {
  return {
    databaseUrl: url('INKPOST_DATABASE_URL', 'Postgres server and database; each service adds its own user and password. The path of a folder in place of the host, with %2F for each /, names the server by its socket.', ['postgres', 'postgresql'], 'postgres://127.0.0.1:5432/inkpost'),
    databaseConnectionsMax: wholeNumber('INKPOST_DATABASE_CONNECTIONS_MAX', 'Connections of one service to Postgres.', 5, { min: 1, max: 100 }),
    redisUrl: url('INKPOST_REDIS_URL', 'Redis server; without a password in it the one in the secrets folder is used.', ['redis', 'rediss'], 'redis://127.0.0.1:6379/0'),
    secretsFolder: text('INKPOST_SECRETS_FOLDER', 'Folder of secrets, one sub-folder per service.', '/run/secrets/inkpost'),
    controlListen: listenAddress(`INKPOST_${variablePart(service)}_LISTEN`, `Where ${service} answers the gateway, /healthz, /readyz and /metrics.`, `127.0.0.1:${CONTROL_PORTS[service]}`),
    flowConcurrency: wholeNumber('INKPOST_FLOW_CONCURRENCY', 'Messages that a service handles side by side.', 8, { min: 1, max: 64 }),
    logLevel: oneOf('INKPOST_LOG_LEVEL', 'Log level at the start; it can be changed at run time.', LOG_LEVEL_NAMES, 'info'),
    otlpUrl: url('INKPOST_OTLP_URL', 'Where traces go, OTLP over HTTP.', ['http', 'https'], undefined),
    version: optionalText('INKPOST_VERSION', 'Version shown by the server; by default that of the package.'),
  } satisfies ConfigDefinition;
}
