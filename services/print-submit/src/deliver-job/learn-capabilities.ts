import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import { CAPABILITY_ATTRIBUTES, type PrinterCapabilities, readCapabilities } from '../queues/printer-capabilities.js';
import type { PrinterStore } from '../queues/printer.store.js';

/**
 * Asks a printer that nobody has asked yet, as the first job of a new queue may find it. Undefined: it can't say. Rejects when it can't
 * be reached: then nothing can be sent either.
 */
export async function learnCapabilities(printer: IppPrinter, queueId: string, printers: PrinterStore): Promise<PrinterCapabilities | undefined> {
  const status = await printer.getPrinterAttributes(CAPABILITY_ATTRIBUTES).catch((error: unknown) => {
    if (error instanceof CauseDown || !(error instanceof Failure)) throw error;
    return undefined;
  });
  if (!status) return undefined;
  const capabilities = readCapabilities(status);
  await printers.noteCapabilities(queueId, capabilities);
  return capabilities;
}
