import { rootCertificates } from 'node:tls';
import { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { deliveryLimits } from '../limits.js';

export interface PrinterAccess {
  readonly printerUri: string;
  /** PEM, trusted besides the system's; empty: none. */
  readonly certificateAuthority: string;
}

/** Gives a client of a queue's printer; whoever opens it closes it. */
export type OpenPrinter = (access: PrinterAccess, answerTimeoutMs?: number) => IppPrinter;

/** Opens printers where these rules let them be. */
export function printerOpener(addressRules: AddressRules): OpenPrinter {
  return ({ printerUri, certificateAuthority }, answerTimeoutMs) => new IppPrinter({
    uri: printerUri,
    addressRules,
    timeouts: { connectTimeoutMs: deliveryLimits.connectTimeoutMs, ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }) },
    ...(certificateAuthority === '' ? {} : { tls: { certificateAuthorities: [...rootCertificates, certificateAuthority] } }),
  });
}
