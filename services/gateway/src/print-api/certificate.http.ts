import { route } from '../answer-route/route.js';

/** The root certificate by which others know this server (SKY-027, WD-018), in DER. */
export type ExportAuthority = () => Promise<Uint8Array>;

const DER = {
  status: 200, answer: { mediaType: 'application/pkix-cert', fileName: 'print_api_cert.der' },
  description: 'DER (X.509). Who trusts it trusts every certificate of its own that this server has now and later: give it to the servers that send documents here. 409: an installed certificate is shown to them, whose authority signs for others too.',
  refusals: [409],
} as const;

/** At the REST door, where an administrator fetches it. */
export function certificateRoutes(exportAuthority: ExportAuthority) {
  return [
    route({
      method: 'GET', path: '/api/v0/print-api-certificate', operation: 'exportPrintApiCertificate', right: 'configuration.read', summary: 'The root certificate of this server, print_api_cert.der', ...DER,
      handle: () => exportAuthority(),
    }),
  ];
}

/** At its own door, where whoever compares its fingerprint may begin with it. */
export function doorCertificateRoutes(exportAuthority: ExportAuthority) {
  return [
    route({
      method: 'GET', path: '/print-api/v1/certificate', operation: 'getPrintApiCertificate', summary: 'The root certificate of this server, print_api_cert.der', ...DER,
      right: { public: 'Whoever connects is shown it anyway; nothing in it is secret.' },
      handle: () => exportAuthority(),
    }),
  ];
}
