import type { Steps } from '@inkpost/local/steps.mjs';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { type KeyedCertificate, makeCertificate } from '@inkpost/testkit/make-certificate.js';
import type { BenchRun } from '../bench-run.js';
import { ensurePackages } from '../ensure-packages.js';
import { limits } from '../limits.js';
import { mixedMails } from '../make-mails/bench-mail.js';
import { fillMailboxes } from '../make-mails/fill-mailboxes.js';
import { median, percentile } from '../measure/run-figures.js';
import { peakMiB, type ProcessGroup, residentMiB } from '../meter-processes/process-meter.js';
import { ownChildren } from '../meter-processes/process-table.js';
import type { BenchOptions } from '../read-options.js';
import { lastWarnings } from '../run-suite/last-warnings.js';
import { logFileIn, makeRunFolder, startSuiteWithSurroundings } from '../run-suite/suite-surroundings.js';
import { RunningParts } from '../running-parts.js';
import { AnnouncingRelay } from './announcing-relay.js';
import { raiseMachineLimits } from './machine-limits.js';
import { manyConnections } from './many-connections.js';
import { type AnnouncedPlaces, measureAnnounced, warmUp } from './measure-announced.js';
import { type FetchRound, measureFetchRate } from './measure-fetch-rate.js';
import { measureRest } from './measure-rest.js';
import { fetchShare, type MailboxesResults, type MemoryFigures } from './mailboxes-results.js';
import { WatchedMailboxes } from './watched-mailboxes.js';

interface Places extends AnnouncedPlaces {
  readonly dovecotGroup: ProcessGroup;
}

const PASSWORD = 'mailbox-password';
const QUEUE = 'printed';
const FETCHED_ADDRESS = 'fetched@inkpost.example';
const FETCH_ROUNDS = 6;
const WARM_UP_MAILS = 60;
const MAILS_PER_SECOND = 5;

/** Many mailboxes watched by one process: what is started for it, in which order it is measured, and how all of it is stopped again. */
export class MailboxesRun implements BenchRun<MailboxesResults> {
  private readonly running = new RunningParts();
  private readonly addresses: readonly string[];
  /** Whose mailbox each mail goes to. */
  private readonly recipients: readonly string[];
  private logFile: string | undefined;

  constructor(
    private readonly options: BenchOptions,
    private readonly steps: Steps,
  ) {
    this.addresses = Array.from({ length: options.mailboxes }, (_, index) => `mailbox-${String(index).padStart(4, '0')}@inkpost.example`);
    this.recipients = pickSome(this.addresses, options.announcedMails);
  }

  async measure(): Promise<MailboxesResults> {
    const { options: { mailboxes }, steps, running } = this;
    await steps.run('Servers to measure with', () => ensurePackages(false));
    const raisedLimits = await steps.run('Limits of the machine', async (explain) => {
      const raised = await raiseMachineLimits(mailboxes, running);
      explain(raised.join('; ') || 'high enough');
      return raised;
    });
    const certificate = await makeCertificate({ commonName: 'localhost', names: ['IP:127.0.0.1'] });
    const { dovecot, dovecotGroup } = await this.startDovecot(certificate);
    const fetch = await this.fetchRate(dovecot);
    const folder = await makeRunFolder(running);
    this.logFile = logFileIn(folder);
    const { suite, printer } = await startSuiteWithSurroundings(folder, this.options, steps, running);
    await suite.createQueue(QUEUE, printer.uri, false);
    const relay = await AnnouncingRelay.start(dovecot.imapPort, certificate);
    running.add(() => relay.stop());
    const relayed = new Set(this.recipients);
    const accounts = this.addresses.map((address) => ({ address, password: PASSWORD, imapsPort: relayed.has(address) ? relay.port : dovecot.imapsPort }));
    const places = { suite, dovecot, dovecotGroup, printer, relay, watched: new WatchedMailboxes(suite, accounts, certificate.certificate) };
    return { mailboxes, raisedLimits, fetch, ...(await this.watch(places)) };
  }

  lastWarnings(): Promise<string[]> {
    return lastWarnings(this.logFile);
  }

  stop(): Promise<void> {
    return this.running.stopAll();
  }

  private async startDovecot(certificate: KeyedCertificate): Promise<Pick<Places, 'dovecot' | 'dovecotGroup'>> {
    const users = [...this.addresses, FETCHED_ADDRESS].map((address) => ({ address, password: PASSWORD }));
    const before = new Set(ownChildren());
    const dovecot = await this.steps.run('Dovecot', () => startDovecot({ users, certificate, settings: manyConnections(users.length) }));
    this.running.add(() => dovecot.remove());
    return { dovecot, dovecotGroup: { name: 'dovecot', rootPid: ownChildren().find((pid) => !before.has(pid)) ?? 0 } };
  }

  private async fetchRate(dovecot: DovecotServer): Promise<FetchRound[]> {
    const { mails } = this.options;
    await this.steps.run(`${mails} mails into a mailbox`, () => fillMailboxes(dovecot, [FETCHED_ADDRESS], mixedMails('fetched', mails)));
    return this.steps.run('Fetched, by imapflow alone and by the product', async (explain) => {
      const rounds = await measureFetchRate({ address: FETCHED_ADDRESS, password: PASSWORD, imapPort: dovecot.imapPort }, FETCH_ROUNDS);
      explain(`${Math.round(100 * median(rounds.map(fetchShare)))} %`);
      return rounds;
    });
  }

  private async watch(places: Places): Promise<Pick<MailboxesResults, 'connect' | 'memory' | 'rest' | 'announced'>> {
    const { options: { mailboxes }, steps } = this;
    const { suite, watched } = places;
    const withoutMib = residentMiB([suite.watcher]).get(suite.watcher.name) ?? Number.NaN;
    await steps.run(`${mailboxes} mailboxes made over REST`, () => watched.create(QUEUE));
    await steps.run('All connected', () => watched.untilConnected());
    const stopSeconds = await steps.run('The suite stopped', () => secondsOf(() => suite.stop()));
    const startSeconds = await steps.run('The suite started, all connected', () => secondsOf(async () => {
      await suite.startAgain();
      await watched.untilConnected();
    }));
    const { memory, rest } = await this.rest(places, withoutMib);
    // In a mailbox that gets none of the others, since the relay counts from the first mail on.
    const spare = this.addresses.find((address) => !this.recipients.includes(address));
    if (spare !== undefined) await steps.run('Warm-up', () => warmUp(places, spare, WARM_UP_MAILS));
    const announced = await steps.run(`${this.recipients.length} mails, ${MAILS_PER_SECOND} a second`, async (explain) => {
      const figures = await measureAnnounced(places, this.recipients, MAILS_PER_SECOND);
      explain(`EXISTS to durable p99 ${percentile(figures.existsToDurable, 0.99).toFixed(0)} ms`);
      return figures;
    });
    const restartSeconds = await this.restartServer(places);
    return { connect: { startSeconds, restartSeconds, stopSeconds }, memory: { ...memory, peakMiB: peakMiB([suite.watcher]).get(suite.watcher.name) ?? Number.NaN }, rest, announced };
  }

  private async rest({ suite, dovecotGroup }: Places, withoutMib: number): Promise<Pick<MailboxesResults, 'rest'> & { memory: Omit<MemoryFigures, 'peakMiB'> }> {
    await this.steps.run('Settling', () => new Promise((resolve) => setTimeout(resolve, limits.restBeginsAfterMs)));
    return this.steps.run(`${this.options.restSeconds} s in which nothing comes`, async (explain) => {
      const rest = await measureRest([...suite.groups, dovecotGroup], this.options.restSeconds);
      const atRestMib = residentMiB([suite.watcher]).get(suite.watcher.name) ?? Number.NaN;
      explain(`${atRestMib.toFixed(0)} MiB, ${(rest.cpuPercent[suite.watcher.name] ?? Number.NaN).toFixed(1)} % of a processor`);
      return { rest, memory: { withoutMib, atRestMib } };
    });
  }

  /** Whoever was connected finds out at the same moment. */
  private async restartServer({ dovecot, watched }: Places): Promise<number> {
    return this.steps.run('The mail server started anew, all connected', async () => {
      await dovecot.stop();
      return secondsOf(async () => {
        await dovecot.start();
        await watched.untilConnected();
      });
    });
  }
}

async function secondsOf(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return (performance.now() - startedAt) / 1_000;
}

/** The same in every run, and some more often than others. */
function pickSome<Value>(values: readonly Value[], count: number): Value[] {
  // The multiplier of a linear congruential generator modulo 2^32 (Numerical Recipes).
  let state = 42;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return values[Math.floor((state / 2 ** 32) * values.length)];
  }).filter((value) => value !== undefined);
}
