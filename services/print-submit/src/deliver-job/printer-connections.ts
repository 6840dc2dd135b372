import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { OpenPrinter } from '../queues/open-printer.js';
import type { Delivery } from './delivery.js';

/** One client for each address, certificate and patience: jobs that an old address has are followed there when the queue got a new one. */
export class PrinterConnections {
  private readonly printers = new Map<string, IppPrinter>();

  constructor(
    private readonly openPrinter: OpenPrinter,
    private readonly queueId: string,
  ) {}

  to({ printerUri, certificateAuthority, expert: { connectTimeoutSeconds, answerTimeoutSeconds } }: Pick<Delivery, 'printerUri' | 'certificateAuthority' | 'expert'>): IppPrinter {
    const key = [printerUri, certificateAuthority, connectTimeoutSeconds, answerTimeoutSeconds].join('\n');
    const known = this.printers.get(key);
    if (known) return known;
    const printer = this.openPrinter({ printerUri, certificateAuthority, queueId: this.queueId }, { connectTimeoutSeconds, answerTimeoutSeconds });
    this.printers.set(key, printer);
    return printer;
  }

  close(): void {
    for (const printer of this.printers.values()) printer.close();
  }
}
