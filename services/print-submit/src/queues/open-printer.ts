import { rootCertificates } from 'node:tls';
import { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import { deliveryLimits } from '../limits.js';

export interface PrinterAccess {
  readonly printerUri: string;
  /** PEM, trusted besides the system's; empty: none. */
  readonly certificateAuthority: string;
}

/** A client of a queue's printer; whoever opens it closes it. */
export function openPrinter({ printerUri, certificateAuthority }: PrinterAccess, answerTimeoutMs?: number): IppPrinter {
  return new IppPrinter({
    uri: printerUri,
    timeouts: { connectTimeoutMs: deliveryLimits.connectTimeoutMs, ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }) },
    ...(certificateAuthority === '' ? {} : { tls: { certificateAuthorities: [...rootCertificates, certificateAuthority] } }),
  });
}
