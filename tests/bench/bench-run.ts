import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Steps } from '@inkpost/local/steps.mjs';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
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
import type { BenchResults } from './report-figures/bench-results.js';
import { ClassicPipeline } from './run-classic/classic-pipeline.js';
import { BenchSuite } from './run-suite/bench-suite.js';
import { CheckingPrinter } from './take-output/checking-printer.js';
import { CodeMailbox } from './take-output/code-mailbox.js';
import { type SpanCollector, startSpanCollector } from './take-output/span-collector.js';
import { within } from './within.js';

type Figures = Omit<BenchResults, 'options' | 'machine'>;

interface Places {
  readonly folder: string;
  readonly dovecot: DovecotServer;
  readonly printer: CheckingPrinter;
  readonly codes: CodeMailbox;
  readonly spans: SpanCollector;
  readonly suite: BenchSuite;
}

const HELD_QUEUE = 'held';
const PRINTED_QUEUE = 'printed';
const PASSWORD = 'mailbox-password';
/** Brings the suite from its first to its usual speed; not measured. */
const WARM_UP_MAILS = 200;
const WARNINGS_SHOWN = 20;

/** One run of the benchmark: what it starts, in which order it measures, and how all of it is stopped again. */
export class BenchRun {
  private readonly stops: (() => Promise<unknown>)[] = [];
  private readonly startedAt = performance.now();
  private logFile: string | undefined;

  constructor(
    private readonly options: BenchOptions,
    private readonly steps: Steps,
  ) {}

  async measure(): Promise<Figures> {
    const { options, steps } = this;
    await steps.run('Servers to measure with', () => ensurePackages(!options.withoutClassic));
    const places = await this.start();
    const documents = await steps.run(`${options.mails} mails into ${2 * options.rounds + (options.withoutClassic ? 0 : options.rounds)} mailboxes`, () =>
      fillMailboxes(places.dovecot, this.filledMailboxes(), mixedMails('mail', options.mails)));
    const largeMail = await this.warmUp(places);
    const runs = await this.measureRounds(places, documents);
    const latency = await this.latency(places);
    return { ...runs, largeMail, latency, traceBytes: places.spans.receivedBytes, tookSeconds: (performance.now() - this.startedAt) / 1_000 };
  }

  /** What the suite's log last said that is more than information: for a run that failed. */
  async lastWarnings(): Promise<string[]> {
    const log = this.logFile === undefined ? '' : await readFile(this.logFile, 'utf8').catch(() => '');
    return log.split('\n').filter((line) => /^\{"level":"(?:warning|error|fatal)"/.test(line)).slice(-WARNINGS_SHOWN);
  }

  /** Whatever is running, in the reverse order of its start. */
  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0).toReversed()) await stop();
  }

  private async start(): Promise<Places> {
    const { options, steps, stops } = this;
    const folder = await mkdtemp(join(tmpdir(), 'inkpost-bench-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o711); // servers that drop their root rights pass through it
    const users = [...this.filledMailboxes(), ...['warm', 'large', 'latency'].map(addressOf)].map((address) => ({ address, password: PASSWORD }));
    const dovecot = await steps.run('Dovecot', () => startDovecot({ users }));
    stops.push(() => dovecot.remove());
    const [printer, codes, spans] = await Promise.all([CheckingPrinter.start(), CodeMailbox.start(), startSpanCollector()]);
    stops.push(() => printer.stop(), () => codes.stop(), () => spans.stop());
    this.logFile = join(folder, 'inkpost.log');
    const suite = await BenchSuite.start({
      topology: options.topology,
      folder: join(folder, 'suite'),
      logFile: this.logFile,
      codeMailPort: codes.port,
      otlpUrl: spans.url,
      profileFolder: options.profileFolder,
      runStep: (title, act) => steps.run(title, () => act()),
      onStarted: (stop) => stops.push(stop),
    });
    await suite.createQueue(HELD_QUEUE, printer.uri, true);
    await suite.createQueue(PRINTED_QUEUE, printer.uri, false);
    return { folder, dovecot, printer, codes, spans, suite };
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
  private async measureRounds(places: Places, documents: ReadonlySet<string>): Promise<Pick<Figures, 'classic' | 'held' | 'printed'>> {
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
    this.stops.push(stop);
    const figures = await measureClassic(classic, printer, account, documents);
    await stop();
    this.stops.splice(this.stops.indexOf(stop), 1);
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
