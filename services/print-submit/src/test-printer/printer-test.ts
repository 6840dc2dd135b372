import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { PrinterStatus } from '@inkpost/ipp/client/printer-status.js';
import { parsePrinterUri } from '@inkpost/ipp/client/printer-uri.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { type ConnectionStep, ConnectionSteps, eachWithin } from '@inkpost/server-connection/connection-steps.js';
import { fault, type Finding, passed, runSteps, type Step, type StepResult } from '@inkpost/server-connection/run-steps.js';
import { convertedFormat } from '../convert-document/choose-conversion.js';
import { isInstalled } from '../convert-document/ghostscript.js';
import { printerTestLimits } from '../limits.js';
import { describePrinter } from '../queues/describe-printer.js';
import type { OpenPrinter, PrinterAccess } from '../queues/open-printer.js';

/** In the order in which they are taken. */
export type PrinterTestStep = ConnectionStep | 'ipp' | 'state' | 'document' | 'job';

const PDF = 'application/pdf';
const SILENCE = 'The printer is silent: it may be asleep, busy, or behind a firewall.';

/** Takes the way to a printer step by step, up to the question whether it would take a job. Nothing is printed. */
export class PrinterTest {
  private readonly printer: IppPrinter;
  private readonly outside: ConnectionSteps;
  private status: PrinterStatus | undefined;

  /** @param wantedFormat what its queue's expert settings say that documents are sent as; empty: what the printer says it takes. */
  constructor(
    access: PrinterAccess,
    rules: AddressRules,
    openPrinter: OpenPrinter,
    private readonly ghostscript: string,
    private readonly wantedFormat: string,
  ) {
    const { host, port, secure } = parsePrinterUri(access.printerUri);
    this.outside = new ConnectionSteps({
      host, port, rules, withinMs: eachWithin(printerTestLimits.stepMs), silence: SILENCE,
      tls: secure ? { host, certificateAuthority: access.certificateAuthority } : 'Documents go to this printer unencrypted: choose ipps:// where it can.',
    });
    this.printer = openPrinter(access, printerTestLimits);
  }

  /** Throws the reason of `signal` when nobody waits any more. */
  async run(signal: AbortSignal): Promise<StepResult<PrinterTestStep>[]> {
    try {
      const results = await runSteps(this.steps(), AbortSignal.any([signal, AbortSignal.timeout(printerTestLimits.testMs)]));
      signal.throwIfAborted();
      return results;
    } finally {
      this.outside.close();
      this.printer.close();
    }
  }

  private steps(): readonly Step<PrinterTestStep>[] {
    const step = (name: PrinterTestStep, run: Step['run']): Step<PrinterTestStep> => ({ name, withinMs: printerTestLimits.stepMs, silence: SILENCE, run });
    return [
      ...this.outside.steps,
      step('ipp', () => this.askPrinter()),
      step('state', async () => this.judgeState()),
      step('document', async () => this.judgeFormats()),
      step('job', () => this.validateJob()),
    ];
  }

  private async askPrinter(): Promise<Finding> {
    this.status = await this.printer.getPrinterAttributes();
    const { printerMakeAndModel, printerName, ippVersionsSupported } = this.status;
    return passed(`${printerMakeAndModel ?? printerName ?? 'A printer that does not say what it is'} answers; IPP ${ippVersionsSupported.join(', ') || 'version not said'}.`);
  }

  private judgeState(): Finding {
    const { state, problem } = describePrinter(this.said());
    if (state === 'stopped' || this.said().printerIsAcceptingJobs === false) throw fault(`${problem} Jobs wait until it goes on.`);
    return passed(problem === '' ? `It is ${state}.` : `It is ${state}. ${problem}`);
  }

  private judgeFormats(): Finding {
    const formats = this.said().documentFormatSupported;
    if (this.wantedFormat !== '') return this.judgeWantedFormat(formats);
    if (formats.includes(PDF)) return passed('It takes PDF.');
    const converted = convertedFormat(formats);
    if (converted === undefined) throw fault(`It does not take PDF, but ${formats.slice(0, 10).join(', ') || 'does not say what'}: print through a server that converts, such as CUPS, or through another printer.`);
    if (!isInstalled(this.ghostscript)) throw fault(`It takes no PDF but ${converted}: install Ghostscript on the server, which makes that (${this.ghostscript}).`);
    return passed(`It takes no PDF: documents are made ${converted} for it.`);
  }

  /** What administrators want is sent, whatever the printer says: some say less than they can do. */
  private judgeWantedFormat(formats: readonly string[]): Finding {
    if (this.wantedFormat !== PDF && !isInstalled(this.ghostscript)) throw fault(`The expert settings send ${this.wantedFormat}: install Ghostscript on the server, which makes that (${this.ghostscript}).`);
    const listed = formats.some((format) => format.toLowerCase() === this.wantedFormat.toLowerCase());
    return passed(`Documents are sent as ${this.wantedFormat}, by the expert settings${listed ? '' : '; the printer does not say that it takes that'}.`);
  }

  private async validateJob(): Promise<Finding> {
    const ignored = await this.printer.validateJob({ jobName: 'Inkpost test', documentFormat: this.wantedFormat || (convertedFormat(this.said().documentFormatSupported) ?? PDF), finishing: { sides: 'one-sided' } });
    return passed(ignored.length === 0 ? 'It would take a job (Validate-Job).' : `It would take a job and leave aside ${ignored.slice(0, 10).join(', ')} (Validate-Job).`);
  }

  private said(): PrinterStatus {
    if (!this.status) throw new Error('the printer was not asked');
    return this.status;
  }
}
