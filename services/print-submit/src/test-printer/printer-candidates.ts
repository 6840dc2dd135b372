import { parsePrinterUri } from '@inkpost/ipp/client/printer-uri.js';

/** Where IPP printers answer: IPP Everywhere's path first (PWG 5100.14, 4.2.2), then those of older ones and of print servers. */
const PATHS = ['/ipp/print', '/ipp/printer', '/ipp', '/'] as const;

/**
 * Where a printer may answer that somebody names: a whole URI stands for itself; a host, perhaps with a port, for the usual places there, or
 * with a path for that place, those with TLS first. Throws `ipp.printer-uri-invalid`.
 */
export function printerCandidates(address: string): readonly (readonly string[])[] {
  const text = address.trim();
  if (/^[a-z]+:\/\//iu.test(text)) return [[parsePrinterUri(text).printerUri]];
  const paths = /[^/]\/./u.test(text) ? [''] : PATHS;
  return ['ipps', 'ipp'].map((scheme) => paths.map((path) => parsePrinterUri(`${scheme}://${text}${path}`).printerUri));
}

/** `Lexmark International CX730de` is a Lexmark: make and model come in one text (RFC 8011, 5.4.9). */
export function splitMakeAndModel(makeAndModel: string): { readonly brand: string; readonly model: string } {
  const [brand = '', ...rest] = makeAndModel.trim().split(/\s+/u);
  return { brand, model: rest.join(' ') };
}
