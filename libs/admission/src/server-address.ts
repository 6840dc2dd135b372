import { isIPv6 } from 'node:net';
import { PermanentFailure } from '@inkpost/failure/failure.js';

export const DSP_PORT = 5753;
const PATH = '/watchdoc/server';
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.?)+$/;
const LENGTH_MAX = 320;

/**
 * Where a server is reached: `https://host:5753/watchdoc/server`, made of an IP address, a host name, a full name or a URI (CLI-004), with or without a port.
 * `port`: 0 is none. Throws the PermanentFailure `admission.address`.
 */
export function serverUri(address: string, port = 0): string {
  const text = address.trim();
  if (text === '' || text.length > LENGTH_MAX) throw invalid(address);
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${isIPv6(text) ? `[${text}]` : text}`;
  const url = URL.parse(written);
  if (!url || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || !['', '/', PATH].includes(url.pathname)) throw invalid(address);
  if (url.protocol === 'http:') throw new PermanentFailure('admission.address', `"${address}" is plain HTTP: servers of a domain speak HTTPS alone.`);
  const isName = url.hostname.startsWith('[') || HOST.test(url.hostname);
  if (url.protocol !== 'https:' || !isName) throw invalid(address);
  // A URI without a port means 443 elsewhere; here it means the door between servers.
  const own = /:(\d+)$/.exec(new URL(written).host)?.[1] ?? (/:443(?:\/|$)/.test(written) ? '443' : undefined);
  return `https://${url.hostname}:${own ?? (port === 0 ? DSP_PORT : port)}${PATH}`;
}

function invalid(address: string): PermanentFailure {
  return new PermanentFailure('admission.address', `"${address.slice(0, LENGTH_MAX)}" is no address of a server: give an IP address, a name, or a URI such as https://printserver1:5753/watchdoc/server.`);
}
