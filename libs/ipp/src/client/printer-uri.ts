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

const defaultPorts = { ipp: 631, ipps: 631, http: 80, https: 443 } as const;

/**
 * Reads `ipp:`, `ipps:`, `http:` and `https:` URIs. Anything else, and a URI with a user or password in it (it would end in
 * logs), throws `ipp.printer-uri-invalid`.
 */
export function parsePrinterUri(uri: string): PrinterAddress {
  const parts = /^(ipps?|https?):\/\/([^/?#]+)(.*)$/i.exec(uri.trim());
  if (!parts) throw invalid('it must start with ipp://, ipps://, http:// or https:// and a host');
  const [, rawScheme = '', authority = '', rest = ''] = parts;
  if (authority.includes('@')) throw invalid('it must not carry a user or password');
  const scheme = rawScheme.toLowerCase() as keyof typeof defaultPorts;
  const secure = scheme === 'ipps' || scheme === 'https';
  const url = parseAsHttp(`${secure ? 'https' : 'http'}://${authority}${rest}`);
  // URL drops a port that is HTTP's default one, but ipp's is another: it is read from the text.
  const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? defaultPorts[scheme]);
  if (port < 1 || port > 65_535) throw invalid('its port is out of range');
  const path = `${url.pathname}${url.search}`;
  const portInUri = port === defaultPorts.ipp ? '' : `:${port}`;
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
