import { isFinished, type JobState } from '../client/job-status.js';
import type { IppAttribute } from '../codec/message.js';
import type { VirtualPrinterFaults } from './faults.js';

/** Finished jobs remembered for Get-Jobs; the oldest go first. */
const finishedJobsMax = 10_000;

export interface StoredDocument {
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly documentFormat: string;
}

export interface JobOffer {
  readonly name: string;
  readonly userName: string;
  /** The job template attributes that were accepted. */
  readonly template: readonly IppAttribute[];
}

export interface VirtualJob extends JobOffer {
  readonly id: number;
  readonly createdAt: Date;
  state: Exclude<JobState, 'unknown'>;
  reasons: readonly string[];
  processingAt: Date | undefined;
  completedAt: Date | undefined;
  document: StoredDocument | undefined;
  /** While a document arrives. */
  isReceiving: boolean;
  /** Ends a job whose document never comes. */
  incomingTimer: NodeJS.Timeout | undefined;
}

interface JobTableOptions {
  readonly printingTimeMs: number;
  readonly multipleOperationTimeOutMs: number;
  readonly faults: Readonly<VirtualPrinterFaults>;
  readonly onCompleted: (job: VirtualJob) => void;
}

/** The printer's jobs and their states (RFC 8011 section 5.3.7). It prints one job at a time, in the order their documents came. */
export class JobTable {
  private readonly jobs = new Map<number, VirtualJob>();
  private readonly waiting: VirtualJob[] = [];
  private printing: VirtualJob | undefined;
  private printingTimer: NodeJS.Timeout | undefined;
  private lastId = 0;

  constructor(private readonly options: JobTableOptions) {}

  create(offer: JobOffer): VirtualJob {
    this.lastId += 1;
    const job: VirtualJob = {
      ...offer,
      id: this.lastId,
      createdAt: new Date(),
      state: 'pending',
      reasons: ['job-incoming'],
      processingAt: undefined,
      completedAt: undefined,
      document: undefined,
      isReceiving: false,
      incomingTimer: undefined,
    };
    this.jobs.set(job.id, job);
    this.awaitDocument(job);
    return job;
  }

  /** The printer waits for a document again, from now. */
  awaitDocument(job: VirtualJob): void {
    clearTimeout(job.incomingTimer);
    if (!isIncoming(job)) return;
    const giveUp = (): void => this.finish(job, 'aborted', ['aborted-by-system', 'submission-interrupted']);
    job.incomingTimer = setTimeout(giveUp, this.options.multipleOperationTimeOutMs).unref();
  }

  find(jobId: number): VirtualJob | undefined {
    return this.jobs.get(jobId);
  }

  /** Unfinished ones in the order they print, finished ones newest first (RFC 8011 section 4.2.6.2). */
  list(which: 'completed' | 'not-completed' | 'all'): VirtualJob[] {
    const all = [...this.jobs.values()];
    const unfinished = all.filter((job) => !isFinished(job.state));
    const completed = all.filter((job) => isFinished(job.state)).toReversed();
    if (which === 'completed') return completed;
    return which === 'not-completed' ? unfinished : [...unfinished, ...completed];
  }

  get unfinishedCount(): number {
    return this.list('not-completed').length;
  }

  get isPrinting(): boolean {
    return this.printing !== undefined;
  }

  /** No (further) document follows: the job waits for its turn. One without a document is given up. */
  close(job: VirtualJob): void {
    clearTimeout(job.incomingTimer);
    if (!isIncoming(job)) return;
    if (!job.document) {
      this.finish(job, 'aborted', ['aborted-by-system', 'submission-interrupted']);
      return;
    }
    job.reasons = ['none'];
    this.waiting.push(job);
    this.printNext();
  }

  /** False when the job is finished already. */
  cancel(job: VirtualJob): boolean {
    if (isFinished(job.state)) return false;
    this.finish(job, 'canceled', ['job-canceled-by-user']);
    return true;
  }

  stop(): void {
    clearTimeout(this.printingTimer);
    for (const job of this.jobs.values()) clearTimeout(job.incomingTimer);
    this.waiting.length = 0;
  }

  private printNext(): void {
    const job = this.printing ? undefined : this.waiting.shift();
    if (!job) return;
    this.printing = job;
    job.state = 'processing';
    job.reasons = ['job-printing'];
    job.processingAt = new Date();
    if (this.options.faults.neverCompletes) return;
    const complete = (): void => {
      this.finish(job, 'completed', ['job-completed-successfully']);
    };
    if (this.options.printingTimeMs === 0) complete();
    else this.printingTimer = setTimeout(complete, this.options.printingTimeMs);
  }

  private finish(job: VirtualJob, state: 'completed' | 'canceled' | 'aborted', reasons: readonly string[]): void {
    clearTimeout(job.incomingTimer);
    job.state = state;
    job.reasons = reasons;
    job.completedAt = new Date();
    const place = this.waiting.indexOf(job);
    if (place >= 0) this.waiting.splice(place, 1);
    this.forgetOldest();
    if (state === 'completed') this.options.onCompleted(job);
    if (this.printing !== job) return;
    clearTimeout(this.printingTimer);
    this.printing = undefined;
    this.printNext();
  }

  private forgetOldest(): void {
    if (this.jobs.size <= finishedJobsMax) return;
    for (const job of this.jobs.values()) {
      if (!isFinished(job.state)) continue;
      this.jobs.delete(job.id);
      return;
    }
  }
}

/** Whether the printer waits for (more of) the job's documents. */
export function isIncoming(job: VirtualJob): boolean {
  return !isFinished(job.state) && job.reasons.includes('job-incoming');
}
