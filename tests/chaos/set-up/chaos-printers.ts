import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VirtualPrinter, type VirtualPrinterOptions } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import type { PRINTER_FAULTS } from '../draw-faults/fault.js';
import { limits } from '../limits.js';
import { PrinterGate } from '../strike/printer-gate.js';
import { type ChaosQueue, QUEUES } from './queues.js';

/** A printer for each queue. What they printed is remembered here: paper stays when a printer is switched off. */
export class ChaosPrinters {
  readonly gate = new PrinterGate();
  /** SHA-256 of every print. */
  readonly printed: string[] = [];
  private readonly printers = new Map<ChaosQueue, VirtualPrinter>();
  private timesOn = 0;

  private constructor(private readonly folder: string) {}

  static async start(folder: string): Promise<ChaosPrinters> {
    const printers = new ChaosPrinters(folder);
    for (const queue of QUEUES) printers.printers.set(queue, await VirtualPrinter.start(printers.options(queue, 0)));
    return printers;
  }

  uriOf(queue: ChaosQueue): string {
    return this.printers.get(queue)?.uri ?? '';
  }

  set(fault: (typeof PRINTER_FAULTS)[number], isOn: boolean): void {
    for (const printer of this.printers.values()) printer.faults[fault] = isOn;
  }

  /** All off at once, with jobs in them; gives what switches them on again, at the same address and with no job known any more. */
  async switchOff(): Promise<() => Promise<void>> {
    const ports = new Map([...this.printers].map(([queue, { port }]) => [queue, port]));
    await Promise.all([...this.printers.values()].map((printer) => printer.stop()));
    return async () => {
      for (const [queue, port] of ports) this.printers.set(queue, await this.startAgain(queue, port));
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.printers.values()].map((printer) => printer.stop()));
  }

  /** Whoever connected somewhere meanwhile may have been given this port for a moment. */
  private async startAgain(queue: ChaosQueue, port: number): Promise<VirtualPrinter> {
    for (;;) {
      try {
        return await VirtualPrinter.start(this.options(queue, port));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
        await pause(limits.retryMs);
      }
    }
  }

  private options(queue: ChaosQueue, port: number): VirtualPrinterOptions {
    this.timesOn += 1;
    return {
      name: queue, port, outputFolder: join(this.folder, `${queue}-${this.timesOn}`),
      printingTimeMs: queue === 'slow' ? limits.slowPrintMs : 0,
      onPrinted: ({ sha256 }) => this.printed.push(sha256),
      atMoment: this.gate.pass,
    };
  }
}
