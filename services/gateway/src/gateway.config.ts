import type { ConfigDefinition, ConfigOf } from '@inkpost/config/config.js';
import { listenAddress, oneOf, text, url } from '@inkpost/config/variables.js';
import { CONTROL_PORTS, type ServiceName, serviceVariables, variablePart } from '@inkpost/service/service-variables.js';

function ownerUrl(service: ServiceName) {
  return url(`INKPOST_${variablePart(service)}_URL`, `Where the gateway reaches ${service}.`, ['http'], `http://127.0.0.1:${CONTROL_PORTS[service]}`);
}

export const gatewayConfig = {
  ...serviceVariables('gateway'),
  httpListen: listenAddress('INKPOST_HTTP_LISTEN', 'The public door: REST, documentation, probes.', '127.0.0.1:5780'),
  httpTls: oneOf('INKPOST_HTTP_TLS', 'auto: HTTP on loopback, HTTPS on any other address; on: always HTTPS; off: HTTP, only behind a reverse proxy that encrypts.', ['auto', 'on', 'off'], 'auto'),
  trustedProxies: text('INKPOST_HTTP_TRUSTED_PROXIES', 'Reverse proxies whose X-Forwarded-For is believed: addresses or networks with commas between.', ''),
  dspListen: listenAddress('INKPOST_DSP_LISTEN', 'HTTPS between servers: /watchdoc/server.', '127.0.0.1:5753'),
  dataFolder: text('INKPOST_DATA_FOLDER', 'Folder for what a service makes once and keeps, such as the self-signed certificate.', '.inkpost/data'),
  mailIngestUrl: ownerUrl('mail-ingest'),
  acceptanceUrl: ownerUrl('acceptance'),
  guestAccountUrl: ownerUrl('guest-account'),
  printSubmitUrl: ownerUrl('print-submit'),
  notificationUrl: ownerUrl('notification'),
  domainSyncUrl: ownerUrl('domain-sync'),
} satisfies ConfigDefinition;

export type GatewayConfig = ConfigOf<typeof gatewayConfig>;
