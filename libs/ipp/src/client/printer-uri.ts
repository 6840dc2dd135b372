import { PermanentFailure } from '@inkpost/failure/failure.js';

/** Where and how to reach a printer, and what it is called inside of IPP requests. */
export interface PrinterAddress {
  /** The `printer-uri` attribute: always with scheme ipp or ipps (RFC 8010 section 4, RFC 7472). */
  readonly printerUri: string;
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

const schemes = new Map([
  ['ipp', { secure: false, defaultPort: 631 }],
  ['ipps', { secure: true, defaultPort: 631 }],
  ['http', { secure: false, defaultPort: 80 }],
  ['https', { secure: true, defaultPort: 443 }],
]);

/**
 * Reads `ipp:`, `ipps:`, `http:` and `https:` URIs. Anything else, and a URI with a user or password in it (it would end in
 * logs), throws `ipp.printer-uri-invalid`.
 */
export function parsePrinterUri(uri: string): PrinterAddress {
  const parts = /^([a-z]+):\/\/([^/?#]+)(.*)$/i.exec(uri.trim());
  const scheme = schemes.get(parts?.[1]?.toLowerCase() ?? '');
  if (!parts || !scheme) throw invalid('it must start with ipp://, ipps://, http:// or https:// and a host');
  const [, , authority = '', rest = ''] = parts;
  const { secure, defaultPort } = scheme;
  if (authority.includes('@')) throw invalid('it must not carry a user or password');
  const url = parseAsHttp(`${secure ? 'https' : 'http'}://${authority}${rest}`);
  // URL drops a port that is HTTP's default one, but ipp's is another: it is read from the text.
  const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? defaultPort);
  if (port < 1 || port > 65_535) throw invalid('its port is out of range');
  const path = `${url.pathname}${url.search}`;
  const portInUri = port === 631 ? '' : `:${port}`;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { printerUri: `${secure ? 'ipps' : 'ipp'}://${url.hostname}${portInUri}${path}`, secure, host, port, path };
}

function parseAsHttp(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw invalid('its host or port cannot be read', cause);
  }
}

function invalid(reason: string, cause?: unknown): PermanentFailure {
  return new PermanentFailure('ipp.printer-uri-invalid', `the printer's address is not usable: ${reason}`, { cause, fields: { reason } });
}
