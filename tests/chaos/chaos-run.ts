import { setTimeout as pause } from 'node:timers/promises';
import { drawFaults } from './draw-faults/draw-faults.js';
import { type DrawnMail, drawMails } from './draw-faults/draw-mails.js';
import { describeFault, type Fault } from './draw-faults/fault.js';
import { SeededRandom } from './draw-faults/seeded-random.js';
import { answerUncertain } from './judge/answer-uncertain.js';
import { findLeftBehind } from './judge/left-behind.js';
import { stepsOf, tellOf } from './judge/read-journey.js';
import { judge, type MailedDocument, type Told, type Verdict, wantedCopies } from './judge/verdict.js';
import { limits } from './limits.js';
import { askReprint } from './mail-documents/ask-reprint.js';
import { giveCode } from './mail-documents/give-code.js';
import { sendUntilTaken } from './mail-documents/send-until-taken.js';
import type { SentDocuments } from './mail-documents/sent-documents.js';
import type { ChaosOptions } from './read-options.js';
import { type ChaosPlace, startChaosPlace } from './set-up/chaos-place.js';
import { carryOutFault } from './strike/carry-out-fault.js';

/** Shows a step while it runs; what is explained stands behind its title. */
export type ShowStep = <Result>(title: string, act: (explain: (detail: string) => void) => Promise<Result>) => Promise<Result>;

export interface ChaosResult extends Verdict {
  readonly jobs: number;
  readonly faults: number;
  /** Faults whose moment did not come; they struck all the same. */
  readonly missedMoments: number;
  /** Jobs of which nobody could say whether they were printed, and that a person answered for. */
  readonly uncertain: number;
  readonly leftBehind: readonly string[];
  /** Services that ended though nothing had struck them; they were started again. */
  readonly ended: readonly string[];
  /** What each lost or doubled document's journey says, for people. */
  readonly stories: readonly string[];
}

const JOBS_PER_FAULT = 3;

/** One run: what is drawn, mailed, struck and judged. */
export class ChaosRun {
  private readonly over = new AbortController();
  private readonly sent: SentDocuments[] = [];
  /** Codes given and reprints asked for, by people. */
  private readonly asked: Promise<void>[] = [];
  private readonly told = new Map<string, Told>();
  private place: ChaosPlace | undefined;
  private uncertain = 0;

  constructor(
    private readonly options: Pick<ChaosOptions, 'seed' | 'jobs' | 'faults' | 'part'>,
    private readonly show: ShowStep,
  ) {}

  async run(): Promise<ChaosResult> {
    const { seed, faults: wanted, part } = this.options;
    const place = await this.show('Inkpost, one process per service, with its servers', () => startChaosPlace());
    this.place = place;
    const random = new SeededRandom(seed);
    const faults = drawFaults(random, wanted, place.mailboxes !== undefined).filter((_fault, index) => index % part.of === part.number - 1);
    const mails = drawMails(random, wanted === 'all' ? JOBS_PER_FAULT * faults.length : this.options.jobs, place.mailboxes !== undefined);
    const missedMoments = await this.strikeAll(place, faults, mails);
    await this.show('Until every document is printed', (explain) => this.settle(place, explain));
    const leftBehind = await this.show('What is left behind', (explain) => this.findLeftBehind(place, explain));
    const verdict = judge(this.documents, place.printers.printed, this.told);
    const ended = place.ended.map(({ name, how, lastWords }) => `${name} (${how}): ${lastWords}`);
    return { ...verdict, jobs: this.documents.length, faults: faults.length, missedMoments, uncertain: this.uncertain, leftBehind, ended, stories: await this.tell(place, verdict) };
  }

  get logFile(): string | undefined {
    return this.place?.logFile;
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.place?.remove();
  }

  private get documents() {
    return this.sent.flatMap(({ documents }) => documents);
  }

  /** Gives how many moments did not come. */
  private async strikeAll(place: ChaosPlace, faults: readonly Fault[], mails: readonly DrawnMail[]): Promise<number> {
    let missed = 0;
    for (const [index, fault] of faults.entries()) {
      const from = Math.floor((index * mails.length) / faults.length);
      const to = Math.floor(((index + 1) * mails.length) / faults.length);
      await this.show(`${String(index + 1).padStart(String(faults.length).length)}/${faults.length} ${describeFault(fault)}`, async (explain) => {
        const endedBefore = place.ended.length;
        const [isAtItsMoment] = await Promise.all([carryOutFault(place, fault), this.mailAll(place, mails.slice(from, to))]);
        if (!isAtItsMoment) missed += 1;
        const ended = place.ended.slice(endedBefore).map(({ name, how }) => `${name.toUpperCase()} ENDED BY ITSELF (${how}) and was started again, `);
        explain(`${ended.join('')}${isAtItsMoment ? '' : 'its moment did not come, '}${this.documents.length} mailed, ${place.printers.printed.length} printed`);
      });
    }
    if (faults.length === 0) await this.mailAll(place, mails);
    return missed;
  }

  private async mailAll(place: ChaosPlace, mails: readonly DrawnMail[]): Promise<void> {
    const waiting = [...mails];
    const sendNext = async (): Promise<void> => {
      for (let mail = waiting.shift(); mail && !this.over.signal.aborted; mail = waiting.shift()) {
        const sent = await sendUntilTaken(place, mail, this.over.signal);
        this.sent.push(sent);
        if (sent.waitsForCode) this.asked.push(giveCode(place, sent, this.over.signal));
        for (const document of sent.documents) if (document.copies > 1) this.asked.push(askReprint(place, document, this.over.signal));
      }
    };
    await Promise.all(Array.from({ length: limits.sendersMax }, sendNext));
  }

  /** Until all journeys say that all is printed, or nothing goes on any more. */
  private async settle(place: ChaosPlace, explain: (detail: string) => void): Promise<void> {
    let goesOnAt = performance.now();
    while (performance.now() - goesOnAt < limits.patienceMs) {
      const before = this.doneCount;
      await this.look(place).catch(() => undefined); // the gateway is not there yet
      explain(`${this.doneCount} of ${this.documents.length}`);
      if (this.doneCount === this.documents.length) break;
      if (this.doneCount > before) goesOnAt = performance.now();
      await pause(limits.lookMs, undefined, { signal: this.over.signal });
    }
    if (this.doneCount === this.documents.length) await Promise.all(this.asked);
  }

  private get doneCount(): number {
    return this.documents.filter((document) => this.isDone(document)).length;
  }

  /** How many prints there should be. */
  private get wantedPrints(): number {
    return this.documents.reduce((sum, document) => sum + wantedCopies(document, this.told.get(document.fileName)), 0);
  }

  private isDone(document: MailedDocument): boolean {
    const told = this.told.get(document.fileName);
    return (told?.printed ?? 0) >= wantedCopies(document, told);
  }

  private async look(place: ChaosPlace): Promise<void> {
    for (const { journey, documents } of this.sent) {
      if (!documents.every((document) => this.isDone(document))) await this.listen(place, journey);
    }
    this.uncertain += await answerUncertain(place.rest, this.documents, (sha256) => place.printers.printed.filter((each) => each === sha256).length);
  }

  private async listen({ rest }: ChaosPlace, journey: string): Promise<void> {
    for (const [fileName, told] of tellOf(await stepsOf(rest, journey))) this.told.set(fileName, told);
  }

  /** Messages that follow a print (mails, statistics) may still be tried again. And journeys are read once more: late doubles would stand there. */
  private async findLeftBehind(place: ChaosPlace, explain: (detail: string) => void): Promise<string[]> {
    const deadline = performance.now() + limits.patienceMs;
    let leftBehind = await findLeftBehind(place, this.wantedPrints);
    while (leftBehind.length > 0 && this.doneCount === this.documents.length && performance.now() < deadline) {
      await pause(limits.lookMs, undefined, { signal: this.over.signal });
      leftBehind = await findLeftBehind(place, this.wantedPrints);
    }
    for (const { journey } of this.sent) await this.listen(place, journey);
    explain(leftBehind.join(', ') || 'nothing');
    return leftBehind;
  }

  private async tell({ rest, printers }: ChaosPlace, { lost, doubled }: Verdict): Promise<string[]> {
    const stories: string[] = [];
    for (const { fileName, journey, sha256 } of new Set([...lost, ...doubled])) {
      const steps = await stepsOf(rest, journey);
      const prints = printers.printed.filter((each) => each === sha256).length;
      stories.push([`${fileName} of ${decodeURIComponent(journey)}, ${prints} times on paper:`, ...steps.map(({ at, service, detail }) => `  ${at} ${service}: ${detail}`)].join('\n'));
    }
    return stories;
  }
}
