import { cpus, loadavg, release } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Steps } from '@inkpost/local/steps.mjs';
import { freePorts } from '@inkpost/testkit/free-port.js';
import { lastWarnings } from '../bench/run-suite/last-warnings.js';
import { RunningParts } from '../bench/running-parts.js';
import { type ChangeFigures, cpuPercentOf, type DomainFigures, type RestartFigures, type RestFigures, spreadOf } from './domain-figures.js';
import { enrolSlaves } from './enrol-slaves.js';
import { Master } from './master.js';
import type { DomainBenchOptions } from './read-options.js';
import { SlaveCrowd } from './slave-crowd.js';
import { Within } from './within.js';

const LOCATIONS = 10;
const WITHOUT_SECONDS = 10;
const EFFECTIVE_MS = 60_000;
const LEVEL_MS = 240_000;
/** What came in with the last change is noted, and connections are made. */
const SETTLE_MS = 3_000;
/** Slaves pause after a change, and ask again; the connections of the other mode are closed when they were not used for 65 s. */
const REST_SETTLE_MS = 75_000;
const WAITING_CHANGES = 5;

/** A thousand slaves around one master: what is started for it, in which order it is measured, and how all of it is stopped again. */
export class DomainRun {
  private readonly running = new RunningParts();
  private changes = 0;
  private logFile: string | undefined;

  constructor(
    private readonly options: DomainBenchOptions,
    private readonly steps: Steps,
  ) {}

  async measure(): Promise<DomainFigures> {
    const { options: { slaves }, steps } = this;
    const [loadBefore = 0] = loadavg();
    const master = await steps.run('A whole Inkpost, one process per service, as master', () => Master.start());
    this.running.add(() => master.stop());
    this.logFile = master.logFile;
    const locations: string[] = [];
    await steps.run(`${LOCATIONS} global objects`, async () => {
      for (let index = 0; index < LOCATIONS; index += 1) locations.push(await master.createLocation(`Place ${index}`));
    });
    const withoutSlaves = await this.rest('without slaves', master, undefined, WITHOUT_SECONDS);
    const crowd = await this.join(master);
    const bidirectional = await this.change('bidirectional', master, crowd, locations);
    const bidirectionalRestart = await this.restart('bidirectional', master, crowd);
    const modeSeconds = await this.switchToMailbox(master, crowd);
    const mailbox = await this.change('mailbox', master, crowd, locations);
    const mailboxRest = await this.rest('mailbox, at rest', master, crowd, this.options.restSeconds);
    const mailboxRestart = await this.restart('mailbox', master, crowd);
    const waiting = await this.waiting(master, crowd, locations);
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Node ${process.version}`;
    return { slaves, machine, loadBefore, withoutSlaves, bidirectional, bidirectionalRestart, modeSeconds, mailbox, mailboxRest, mailboxRestart, waiting, busyAnswers: master.busyAnswers };
  }

  lastWarnings(): Promise<string[]> {
    return lastWarnings(this.logFile);
  }

  stop(): Promise<void> {
    return this.running.stopAll();
  }

  private async join(master: Master): Promise<SlaveCrowd> {
    const { options: { slaves, processes }, steps } = this;
    const groups = await steps.run(`${slaves} members, each with a certificate of the domain`, async () =>
      enrolSlaves({ databaseOwnerUrl: master.databaseOwnerUrl, masterKey: await master.masterKey(), masterOrigin: master.origin, slaves, doorPorts: await freePorts(processes) }));
    return steps.run('All slaves have everything', async () => {
      const crowd = await SlaveCrowd.start(groups);
      this.running.add(() => crowd.stop());
      await this.untilLevel(master);
      return crowd;
    });
  }

  private async untilLevel(master: Master): Promise<void> {
    const within = new Within(LEVEL_MS);
    for (;;) {
      const level = await master.levelSlaves();
      if (level === this.options.slaves) return;
      within.check(() => `The master finds ${level} of ${this.options.slaves} slaves to have everything`);
      await pause(500);
    }
  }

  private async change(mode: string, master: Master, crowd: SlaveCrowd, locations: readonly string[]): Promise<ChangeFigures> {
    return this.steps.run(`${this.options.changes} changes, ${mode}`, async (explain) => {
      const effective: number[] = [];
      const acknowledged: number[] = [];
      for (let index = 0; index < this.options.changes; index += 1) {
        await this.untilLevel(master);
        await pause(SETTLE_MS);
        const position = (await master.position()) + 1;
        const began = Date.now();
        await this.rename(master, locations[index % locations.length] ?? '');
        const { slaves } = await crowd.until('told of a change', (slave) => slave.position >= position && slave.acknowledgedAt > 0, EFFECTIVE_MS);
        effective.push(...slaves.map(({ takenAt }) => takenAt - began));
        acknowledged.push(...slaves.map(({ acknowledgedAt }) => acknowledgedAt - began));
      }
      const figures = { effective: spreadOf(effective), acknowledged: spreadOf(acknowledged) };
      explain(`p50 ${figures.effective.p50} ms, p99 ${figures.effective.p99} ms, max ${figures.effective.max} ms`);
      return figures;
    });
  }

  private async rename(master: Master, locationId: string): Promise<void> {
    this.changes += 1;
    await master.renameLocation(locationId, `Place ${this.changes} anew`);
  }

  private async switchToMailbox(master: Master, crowd: SlaveCrowd): Promise<number> {
    return this.steps.run('Mailbox mode', async () => {
      const began = performance.now();
      await master.synchronize('mailbox');
      await crowd.until('in mailbox mode', ({ mode }) => mode === 'mailbox', LEVEL_MS);
      const seconds = (performance.now() - began) / 1_000;
      await this.untilLevel(master);
      return seconds;
    });
  }

  private async rest(what: string, master: Master, crowd: SlaveCrowd | undefined, seconds: number): Promise<RestFigures> {
    return this.steps.run(`${seconds} s ${what}`, async (explain) => {
      await pause(crowd ? REST_SETTLE_MS : SETTLE_MS);
      const [began, before] = [Date.now(), master.cpuMs()];
      await pause(seconds * 1_000);
      const [ended, after] = [Date.now(), master.cpuMs()];
      const cpuPercent = Object.fromEntries([...after].map(([name, cpuMs]) => [name, (100 * (cpuMs - (before.get(name) ?? 0))) / (ended - began)]));
      const counts = crowd ? countsFrom((await crowd.state()).requests, began, ended) : [];
      const figures = { seconds, cpuPercent, requestsPerSecond: counts.reduce((sum, count) => sum + count, 0) / seconds, peakRequestsPerSecond: Math.max(0, ...counts) };
      explain(`${figures.requestsPerSecond.toFixed(1)} requests/s, ${cpuPercentOf(figures).toFixed(1)} % of a processor`);
      return figures;
    });
  }

  private async restart(mode: string, master: Master, crowd: SlaveCrowd): Promise<RestartFigures> {
    return this.steps.run(`kill -9 of domain-sync and gateway, ${mode}`, async (explain) => {
      const [began, startedAt] = [Date.now(), performance.now()];
      await master.kill();
      await master.restart();
      const readySeconds = (performance.now() - startedAt) / 1_000;
      await this.untilLevel(master);
      const backSeconds = (performance.now() - startedAt) / 1_000;
      const { requests } = await crowd.state();
      const peakRequestsPerSecond = Math.max(0, ...countsFrom(requests, began));
      explain(`${backSeconds.toFixed(1)} s, at most ${peakRequestsPerSecond} requests/s`);
      return { readySeconds, backSeconds, peakRequestsPerSecond };
    });
  }

  /** What was changed while nobody heard it outlives the process that recorded it. */
  private async waiting(master: Master, crowd: SlaveCrowd, locations: readonly string[]): Promise<DomainFigures['waiting']> {
    return this.steps.run(`${WAITING_CHANGES} changes while all slaves are cut off, and kill -9`, async (explain) => {
      const before = await crowd.state();
      await crowd.hear(true);
      const position = (await master.position()) + WAITING_CHANGES;
      for (let index = 0; index < WAITING_CHANGES; index += 1) await this.rename(master, locations[index] ?? '');
      await master.untilRecorded(position);
      const isCutOff = (await crowd.state()).slaves.every((slave) => slave.position < position);
      if (!isCutOff) throw new Error('Slaves that were cut off heard of a change.');
      await master.kill();
      await master.restart();
      await crowd.hear(false);
      const after = await crowd.until('back with all changes', (slave) => slave.position >= position, LEVEL_MS);
      await this.untilLevel(master);
      explain(`on ${after.slaves.length} slaves`);
      const [checksum] = after.slaves.map((slave) => slave.checksum);
      return { changes: WAITING_CHANGES, slavesWithAll: after.slaves.filter((slave) => slave.checksum === checksum).length, healed: after.inventories - before.inventories };
    });
  }
}

/** Of each second. */
function countsFrom(requests: readonly (readonly [number, number])[], beganMs: number, endedMs = Number.POSITIVE_INFINITY): number[] {
  return requests.filter(([second]) => second * 1_000 >= beganMs && second * 1_000 < endedMs).map(([, count]) => count);
}
