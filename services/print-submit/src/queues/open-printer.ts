import { rootCertificates } from 'node:tls';
import { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { WriteLine } from '@inkpost/ipp/client/trace-exchange.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { deliveryLimits } from '../limits.js';

export interface PrinterAccess {
  readonly printerUri: string;
  /** PEM, trusted besides the system's; empty: none. */
  readonly certificateAuthority: string;
  /** Whose conversation it is, where it is a queue's. */
  readonly queueId?: string;
}

/** How long is waited for it; what is absent is as usual. */
export interface PrinterPatience {
  readonly connectTimeoutSeconds?: number;
  readonly answerTimeoutSeconds?: number;
}

/** Gives a client of a queue's printer; whoever opens it closes it. */
export type OpenPrinter = (access: PrinterAccess, patience?: PrinterPatience) => IppPrinter;

/** Opens printers where these rules let them be; what is said with a traced queue's printer is written down. */
export function printerOpener(addressRules: AddressRules, traceOf: (queueId: string) => WriteLine | undefined): OpenPrinter {
  return ({ printerUri, certificateAuthority, queueId }, { connectTimeoutSeconds, answerTimeoutSeconds } = {}) => new IppPrinter({
    uri: printerUri,
    addressRules,
    ...(queueId === undefined ? {} : { trace: () => traceOf(queueId) }),
    timeouts: {
      connectTimeoutMs: connectTimeoutSeconds === undefined ? deliveryLimits.connectTimeoutMs : connectTimeoutSeconds * 1_000,
      ...(answerTimeoutSeconds === undefined ? {} : { answerTimeoutMs: answerTimeoutSeconds * 1_000 }),
    },
    ...(certificateAuthority === '' ? {} : { tls: { certificateAuthorities: [...rootCertificates, certificateAuthority] } }),
  });
}
