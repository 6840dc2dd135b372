import { asFailure, CauseDown } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { watchLimits } from '../limits.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import { describePrinter } from './describe-printer.js';
import type { OpenPrinter } from './open-printer.js';
import { CAPABILITY_ATTRIBUTES, readCapabilities } from './printer-capabilities.js';
import type { PrinterStore, PrinterToAsk } from './printer.store.js';

const STOP_MS = 500;
const ATTRIBUTES = ['printer-state', 'printer-state-reasons', 'printer-is-accepting-jobs', ...CAPABILITY_ATTRIBUTES] as const;

/** Asks every printer once in a while how it is and what it can do, so that a queue says so before anybody prints. */
export class PrinterWatch {
  private readonly rounds: RepeatedRound;

  constructor(
    private readonly printers: PrinterStore,
    private readonly openPrinter: OpenPrinter,
    log: Log,
  ) {
    const onError = (error: unknown): void => log.warning('printers could not be asked, tried again', { error });
    this.rounds = new RepeatedRound({ everyMs: watchLimits.roundMs, act: () => this.round(), onError });
  }

  start(): void {
    this.rounds.start();
  }

  /** A silent printer is not waited for. */
  async stop(): Promise<void> {
    await this.rounds.stop(STOP_MS);
  }

  /** A queue is new or changed: its printer is asked now. */
  lookNow(): void {
    this.rounds.now();
  }

  private async round(): Promise<void> {
    const printers = await this.printers.claimToAsk();
    const next = printers.values();
    const askOneAfterAnother = async (): Promise<void> => {
      for (const printer of next) if (!this.rounds.isStopped) await this.ask(printer);
    };
    await Promise.all(Array.from({ length: watchLimits.sideBySide }, askOneAfterAnother));
  }

  private async ask(access: PrinterToAsk): Promise<void> {
    const printer = this.openPrinter(access, { answerTimeoutSeconds: watchLimits.answerTimeoutSeconds, ...access.expert });
    try {
      const status = await printer.getPrinterAttributes(ATTRIBUTES);
      const { state, problem } = describePrinter(status);
      await this.printers.noteState(access.queueId, state, problem);
      await this.printers.noteCapabilities(access.queueId, readCapabilities(status));
    } catch (error) {
      const failure = asFailure(error);
      await this.printers.noteState(access.queueId, failure instanceof CauseDown ? 'unreachable' : 'unknown', failure.message);
    } finally {
      printer.close();
    }
  }
}
