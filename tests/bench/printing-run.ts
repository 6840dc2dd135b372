import { join } from 'node:path';
import type { Steps } from '@inkpost/local/steps.mjs';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import type { BenchRun } from './bench-run.js';
import { ensurePackages } from './ensure-packages.js';
import { limits } from './limits.js';
import { mixedMails } from './make-mails/bench-mail.js';
import { fillMailboxes } from './make-mails/fill-mailboxes.js';
import type { MailAccount } from './make-mails/mail-account.js';
import { measureClassic } from './measure/measure-classic.js';
import { measureHeld } from './measure/measure-held.js';
import { type LargeMailFigures, measureLargeMail } from './measure/measure-large-mail.js';
import { type LatencyFigures, measureLatency } from './measure/measure-latency.js';
import { measurePrinted } from './measure/measure-printed.js';
import { cpuMsPerJob, jobsPerSecond, percentile, type RunFigures } from './measure/run-figures.js';
import type { BenchOptions } from './read-options.js';
import type { PrintingResults } from './report-figures/bench-results.js';
import { ClassicPipeline } from './run-classic/classic-pipeline.js';
import { lastWarnings } from './run-suite/last-warnings.js';
import { logFileIn, makeRunFolder, startSuiteWithSurroundings, type SuiteSurroundings } from './run-suite/suite-surroundings.js';
import { RunningParts } from './running-parts.js';
import { within } from './within.js';

interface Places extends SuiteSurroundings {
  readonly folder: string;
  readonly dovecot: DovecotServer;
}

const HELD_QUEUE = 'held';
const PRINTED_QUEUE = 'printed';
const PASSWORD = 'mailbox-password';
/** Brings the suite from its first to its usual speed; not measured. */
const WARM_UP_MAILS = 200;

/** The main job, mail in, paper out: what is started for it, in which order it is measured, and how all of it is stopped again. */
export class PrintingRun implements BenchRun<PrintingResults> {
  private readonly running = new RunningParts();
  private logFile: string | undefined;

  constructor(
    private readonly options: BenchOptions,
    private readonly steps: Steps,
  ) {}

  async measure(): Promise<PrintingResults> {
    const { options, steps } = this;
    await steps.run('Servers to measure with', () => ensurePackages(!options.withoutClassic));
    const places = await this.start();
    const documents = await steps.run(`${options.mails} mails into ${2 * options.rounds + (options.withoutClassic ? 0 : options.rounds)} mailboxes`, () =>
      fillMailboxes(places.dovecot, this.filledMailboxes(), mixedMails('mail', options.mails)));
    const largeMail = await this.warmUp(places);
    const runs = await this.measureRounds(places, documents);
    const latency = await this.latency(places);
    return { ...runs, largeMail, latency, traceBytes: places.spans.receivedBytes };
  }

  lastWarnings(): Promise<string[]> {
    return lastWarnings(this.logFile);
  }

  stop(): Promise<void> {
    return this.running.stopAll();
  }

  private async start(): Promise<Places> {
    const { options, steps, running } = this;
    const folder = await makeRunFolder(running);
    const users = [...this.filledMailboxes(), ...['warm', 'large', 'latency'].map(addressOf)].map((address) => ({ address, password: PASSWORD }));
    const dovecot = await steps.run('Dovecot', () => startDovecot({ users }));
    running.add(() => dovecot.remove());
    this.logFile = logFileIn(folder);
    const surroundings = await startSuiteWithSurroundings(folder, options, steps, running);
    const { suite, printer } = surroundings;
    await suite.createQueue(HELD_QUEUE, printer.uri, true);
    await suite.createQueue(PRINTED_QUEUE, printer.uri, false);
    return { folder, dovecot, ...surroundings };
  }

  /** Those that hold all mails from the beginning: one for each run of each kind. */
  private filledMailboxes(): string[] {
    const kinds = this.options.withoutClassic ? ['held', 'printed'] : ['classic', 'held', 'printed'];
    return Array.from({ length: this.options.rounds }, (_, round) => kinds.map((kind) => addressOf(`${kind}-${round}`))).flat();
  }

  private async warmUp(places: Places): Promise<LargeMailFigures> {
    const { dovecot, suite, printer } = places;
    const printed = { suite, queueId: PRINTED_QUEUE, printer };
    await this.steps.run('Warm-up', async () => {
      const documents = await fillMailboxes(dovecot, [addressOf('warm')], mixedMails('warm', WARM_UP_MAILS));
      await measurePrinted(printed, accountOf(places, 'warm'), documents);
    });
    return this.steps.run('One mail of 25 MB', async (explain) => {
      const figures = await measureLargeMail(printed, dovecot, accountOf(places, 'large'));
      const [most] = figures.growths;
      explain(`${most?.name ?? ''} +${most?.growthMiB.toFixed(0) ?? ''} MiB`);
      return figures;
    });
  }

  /** Alternating, so that what else the machine does in the meantime falls on all of them. */
  private async measureRounds(places: Places, documents: ReadonlySet<string>): Promise<Pick<PrintingResults, 'classic' | 'held' | 'printed'>> {
    const { suite, printer, codes } = places;
    const classic: RunFigures[] = [];
    const held: RunFigures[] = [];
    const printed: RunFigures[] = [];
    for (let round = 0; round < this.options.rounds; round += 1) {
      const step = (title: string, act: () => Promise<RunFigures>): Promise<RunFigures> => this.runStep(`${title}, round ${round + 1}`, act);
      if (!this.options.withoutClassic) classic.push(await step('Classic pipeline', () => this.classicRound(places, accountOf(places, `classic-${round}`), documents)));
      held.push(await step('Held', () => measureHeld({ suite, queueId: HELD_QUEUE, codes, printer }, accountOf(places, `held-${round}`), documents)));
      printed.push(await step('Printed', () => measurePrinted({ suite, queueId: PRINTED_QUEUE, printer }, accountOf(places, `printed-${round}`), documents)));
    }
    return { classic, held, printed };
  }

  private async classicRound({ folder, printer }: Places, account: MailAccount, documents: ReadonlySet<string>): Promise<RunFigures> {
    const classic = await ClassicPipeline.start(join(folder, 'classic'), printer.uri);
    const stop = (): Promise<void> => classic.stop();
    this.running.add(stop);
    const figures = await measureClassic(classic, printer, account, documents);
    await this.running.stopEarly(stop);
    return figures;
  }

  private async latency(places: Places): Promise<LatencyFigures> {
    const { suite, printer, codes, dovecot } = places;
    const { latencyMails } = this.options;
    return this.steps.run(`${latencyMails} mails, one a second`, async (explain) => {
      const measuring = measureLatency({ suite, queueId: HELD_QUEUE, codes, printer }, dovecot, accountOf(places, 'latency'), latencyMails);
      const figures = await within(latencyMails * 1_000 + limits.runMs, measuring, () => 'the mails were not through');
      explain(`EXISTS to held p99 ${percentile(figures.existsToHeld, 0.99).toFixed(0)} ms, release to accepted p99 ${percentile(figures.releaseToAccepted, 0.99).toFixed(0)} ms`);
      return figures;
    });
  }

  private runStep(title: string, act: () => Promise<RunFigures>): Promise<RunFigures> {
    return this.steps.run(title, async (explain) => {
      const figures = await act();
      explain(`${jobsPerSecond(figures).toFixed(1)} jobs/s, ${cpuMsPerJob(figures).toFixed(1)} ms CPU per job`);
      return figures;
    });
  }
}

function addressOf(name: string): string {
  return `${name}@inkpost.example`;
}

function accountOf({ dovecot }: Places, name: string): MailAccount {
  return { address: addressOf(name), password: PASSWORD, imapPort: dovecot.imapPort };
}
