import { isIP } from 'node:net';
import { z } from 'zod';
import type { ConfigDefinition, ConfigOf, Variable } from '@inkpost/config/config.js';
import { listenAddress, oneOf, text, url } from '@inkpost/config/variables.js';
import { CONTROL_PORTS, type ServiceName, serviceVariables, variablePart } from '@inkpost/service/service-variables.js';

function ownerUrl(service: ServiceName) {
  return url(`INKPOST_${variablePart(service)}_URL`, `Where the gateway reaches ${service}.`, ['http'], `http://127.0.0.1:${CONTROL_PORTS[service]}`);
}

/** RFC 1123, 2.1. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** Addresses and networks (`192.0.2.0/24`), commas between. */
function networks(name: `INKPOST_${string}`, meaning: string): Variable<readonly string[]> {
  const entries = z.string().default('').transform((list) => list.split(',').map((entry) => entry.trim()).filter(Boolean));
  return { name, meaning, byDefault: 'none', schema: entries.refine((all) => all.every(isNetwork), { error: 'must be addresses or networks such as 192.0.2.1, 2001:db8::/32, with commas between' }) };
}

/** Host names and addresses, commas between. */
function names(name: `INKPOST_${string}`, meaning: string): Variable<readonly string[]> {
  const entries = z.string().default('').transform((list) => list.split(',').map((entry) => entry.trim().toLowerCase()).filter(Boolean));
  return { name, meaning, byDefault: 'none', schema: entries.refine((all) => all.every((entry) => isIP(entry) !== 0 || HOST_NAME.test(entry)), { error: 'must be host names or addresses with commas between' }) };
}

function isNetwork(text: string): boolean {
  const { address = '', bits } = /^(?<address>[^/]+)(?:\/(?<bits>\d{1,3}))?$/.exec(text)?.groups ?? {};
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}

export const gatewayConfig = {
  ...serviceVariables('gateway'),
  httpListen: listenAddress('INKPOST_HTTP_LISTEN', 'The public door: REST, documentation, probes.', '127.0.0.1:5780'),
  httpTls: oneOf('INKPOST_HTTP_TLS', 'auto: HTTP on loopback, HTTPS on any other address; on: always HTTPS; off: HTTP, only behind a reverse proxy that encrypts.', ['auto', 'on', 'off'], 'auto'),
  trustedProxies: networks('INKPOST_HTTP_TRUSTED_PROXIES', 'Reverse proxies whose X-Forwarded-For, -Proto and -Host are believed: addresses or networks with commas between.'),
  dspListen: listenAddress('INKPOST_DSP_LISTEN', 'HTTPS between servers, and for programs that print: /watchdoc/server, /print-api/v1.', '127.0.0.1:5753'),
  dspTls: oneOf('INKPOST_DSP_TLS', 'on: HTTPS; off: HTTP at the door between servers, only behind a reverse proxy that encrypts. Such a server can be in no domain.', ['on', 'off'], 'on'),
  wscListen: listenAddress('INKPOST_WSC_LISTEN', 'HTTPS for servers that keep their guests here: /wsc/v1.', '127.0.0.1:5756'),
  certificateNames: names('INKPOST_CERTIFICATE_NAMES', 'Further host names and addresses that the gateway\'s own certificate is good for, with commas between: by which other servers and programs reach it.'),
  dataFolder: text('INKPOST_DATA_FOLDER', 'Folder for what a service makes once and keeps, such as the self-signed certificate.', '.inkpost/data'),
  mailIngestUrl: ownerUrl('mail-ingest'),
  acceptanceUrl: ownerUrl('acceptance'),
  guestAccountUrl: ownerUrl('guest-account'),
  printSubmitUrl: ownerUrl('print-submit'),
  notificationUrl: ownerUrl('notification'),
  domainSyncUrl: ownerUrl('domain-sync'),
} satisfies ConfigDefinition;

export type GatewayConfig = ConfigOf<typeof gatewayConfig>;
