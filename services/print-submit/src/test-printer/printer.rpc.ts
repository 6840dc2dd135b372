import { type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { FindPrintersRequest, PrinterService, TestPrinterRequest } from '@inkpost/contracts/admin/v1/printers_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { TestBudget } from '@inkpost/server-connection/test-budget.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { printerTestLimits, printLimits } from '../limits.js';
import type { OpenPrinter, PrinterAccess } from '../queues/open-printer.js';
import { wireCapabilities } from '../queues/printer-capabilities.js';
import { checkCertificate, checkPrinterUri } from '../queues/queue-settings.js';
import type { QueueStore } from '../queues/queue.store.js';
import { PrinterFinder } from './find-printers.js';
import { PrinterTest } from './printer-test.js';

/** Finds printers, and says why one does not print. */
export class PrinterRpc implements ServiceImpl<typeof PrinterService> {
  private readonly budget = new TestBudget({ perMinuteMax: printerTestLimits.perMinuteMax, atOnceMax: printerTestLimits.atOnceMax });
  private readonly finder: PrinterFinder;

  constructor(
    private readonly queues: QueueStore,
    private readonly openPrinter: OpenPrinter,
    private readonly rules: AddressRules,
    /** Its path. */
    private readonly ghostscript: string,
  ) {
    this.finder = new PrinterFinder(openPrinter, rules);
  }

  testPrinter = async (request: TestPrinterRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'configuration.write');
    const access = await this.accessOf(request);
    const wantedFormat = request.queueId === '' ? '' : await this.queues.documentFormatOf(request.queueId);
    return this.budget.spend(actor, async () => {
      const steps = await new PrinterTest(access, this.rules, this.openPrinter, this.ghostscript, wantedFormat).run(context.signal);
      return { passed: steps.every(({ outcome }) => outcome !== 'failed'), steps };
    });
  };

  findPrinters = async ({ address }: FindPrintersRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'configuration.write');
    if (address.trim() === '' || address.length > printLimits.printerUriLengthMax) throw invalidField('address', 'must be a name, an IP address or a URI of a printer');
    return this.budget.spend(actor, async () => {
      try {
        const { printers, tried } = await this.finder.find(address, context.signal);
        return { printers: printers.map(({ capabilities, ...rest }) => ({ ...rest, capabilities: wireCapabilities(capabilities) })), tried: [...tried] };
      } catch (error) {
        if (error instanceof PermanentFailure && error.code === 'ipp.printer-uri-invalid') throw invalidField('address', `is not usable: ${String(error.fields['reason'])}`);
        throw error;
      }
    });
  };

  private async accessOf({ queueId, printerUri, certificateAuthority }: TestPrinterRequest): Promise<PrinterAccess> {
    if (queueId !== '') {
      const queue = await this.queues.find(queueId);
      if (!queue) throw notFound('queue', queueId);
      return queue;
    }
    const problems = { printerUri: checkPrinterUri(printerUri), certificateAuthority: checkCertificate(certificateAuthority.trim()) };
    for (const [field, reason] of Object.entries(problems)) if (reason !== undefined) throw invalidField(field, reason);
    return { printerUri: printerUri.trim(), certificateAuthority: certificateAuthority.trim() };
  }
}
