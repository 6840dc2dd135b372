import { parseCertificate, parseServerHost } from '@inkpost/server-connection/server-fields.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { CACHE_SECONDS_MAX, TIMEOUT_RANGE_MS } from '../limits.js';

interface Times {
  readonly timeoutMs: number;
  readonly cacheSeconds: number;
  readonly missCacheSeconds: number;
}

/** What every directory elsewhere has. `kind`: in front of the fields' names. Throws invalid-argument that names the field. */
export function checkTimes(kind: string, { timeoutMs, cacheSeconds, missCacheSeconds }: Times): Times {
  if (timeoutMs < TIMEOUT_RANGE_MS.min || timeoutMs > TIMEOUT_RANGE_MS.max) throw invalidField(`${kind}.timeoutMs`, `must be a number from ${TIMEOUT_RANGE_MS.min} to ${TIMEOUT_RANGE_MS.max}`);
  return { timeoutMs, cacheSeconds: checkSeconds(`${kind}.cacheSeconds`, cacheSeconds), missCacheSeconds: checkSeconds(`${kind}.missCacheSeconds`, missCacheSeconds) };
}

/** `usual`: which ports are. */
export function checkPort(field: string, port: number, usual: string): number {
  if (port < 1 || port > 65_535) throw invalidField(field, `must be a number from 1 to 65535; usually ${usual}`);
  return port;
}

/** `what`: whose name it is, `the LDAP server, without ldap:// and port`. */
export function checkHost(field: string, text: string, what: string): string {
  const host = parseServerHost(text);
  if (host === undefined) throw invalidField(field, `must be the name or IP address of ${what}`);
  return host;
}

/** PEM of an authority, or empty. */
export function checkAuthority(field: string, text: string): string {
  const pem = text.trim();
  if (pem === '' || parseCertificate(pem)) return pem;
  throw invalidField(field, 'must be a certificate in PEM form, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----');
}

function checkSeconds(field: string, seconds: number): number {
  if (seconds > CACHE_SECONDS_MAX) throw invalidField(field, `must be at most ${CACHE_SECONDS_MAX}`);
  return seconds;
}
