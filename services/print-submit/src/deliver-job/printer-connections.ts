import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { OpenPrinter, PrinterAccess } from '../queues/open-printer.js';

/** One client for each address and certificate: jobs that an old address has are followed there when the queue got a new one. */
export class PrinterConnections {
  private readonly printers = new Map<string, IppPrinter>();

  constructor(
    private readonly openPrinter: OpenPrinter,
    private readonly queueId: string,
  ) {}

  to({ printerUri, certificateAuthority }: PrinterAccess): IppPrinter {
    const key = `${printerUri}\n${certificateAuthority}`;
    const known = this.printers.get(key);
    if (known) return known;
    const printer = this.openPrinter({ printerUri, certificateAuthority, queueId: this.queueId });
    this.printers.set(key, printer);
    return printer;
  }

  close(): void {
    for (const printer of this.printers.values()) printer.close();
  }
}
