import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { CERTIFICATE_LENGTH_MAX, HOST_LENGTH_MAX } from './limits.js';
import { isServerAddress } from './server-addresses.js';

/** A server's name in normal form, or its IP address, without port; undefined: it is none, or one where no server can be. */
export function parseServerHost(text: string): string | undefined {
  const given = text.trim();
  const isAddress = isIP(given) !== 0;
  const host = isAddress ? given : parseDomain(given);
  if (host === undefined || host.length > HOST_LENGTH_MAX) return undefined;
  // Whether link-local ones are allowed is the installation's: what connects looks again, at what a name leads to.
  return isAddress && !isServerAddress(host, { linkLocalAllowed: true }) ? undefined : host;
}

/** PEM or DER; undefined: no certificate, or one that is too long. */
export function parseCertificate(certificate: string | Uint8Array): X509Certificate | undefined {
  if (certificate.length > CERTIFICATE_LENGTH_MAX) return undefined;
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined;
  }
}
