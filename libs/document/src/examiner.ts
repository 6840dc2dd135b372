import { createReadStream } from 'node:fs';
import { TransientFailure } from '@inkpost/failure/failure.js';
import type { Examination } from './examination.js';
import { ExaminerChild } from './examiner-child.js';
import { availableProtections, type Protections } from './limited-command.js';
import { documentLimits, examinerLimits } from './limits.js';

/** A clear file, or clear bytes as they are decrypted. They reach the child through a pipe, never through a file. */
export type DocumentSource = { readonly path: string } | AsyncIterable<Uint8Array>;

/**
 * Examines untrusted PDFs in limited children, kept warm. One document per child at a time; the others wait their turn, each
 * at most for the deadlines of those before it. Children are replaced when worn, and after every kill.
 */
export class DocumentExaminer {
  /** What holds the children on this machine; log it at the start, and warn where something is missing. */
  readonly protections: Protections = availableProtections();
  readonly #seats: Seat[] = Array.from({ length: examinerLimits.children }, () => new Seat());
  readonly #free: Seat[] = [...this.#seats];
  readonly #waiting: PromiseWithResolvers<Seat>[] = [];
  #isClosed = false;

  /** Warms all children, so that a broken installation shows at the start. Throws `document.examiner-not-started`. */
  async start(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.child()));
  }

  /** Process ids of the living children, for monitoring. */
  async pids(): Promise<number[]> {
    const children = await Promise.all(this.#seats.map((seat) => seat.child()));
    return children.flatMap(({ pid }) => pid ?? []);
  }

  /**
   * @param options.timeoutMs counted from the moment a child takes the document, its transfer included
   * @throws TransientFailure `document.examiner-lost` (its child was killed), `document.examiner-not-started`,
   *   `document.examiner-busy` (too many wait), `document.examiner-closed`, `document.source-too-slow`; errors of the source
   */
  async examine(source: DocumentSource, options: { readonly timeoutMs?: number } = {}): Promise<Examination> {
    const seat = await this.#takeSeat();
    try {
      const child = await seat.child();
      const bytes = 'path' in source ? createReadStream(source.path) : source;
      return await child.examine(bytes, options.timeoutMs ?? documentLimits.examinationTimeoutMs);
    } finally {
      seat.replaceIfSpent();
      this.#giveSeat(seat);
    }
  }

  /** Ends the children at once: those who wait get `document.examiner-closed`, those in work `document.examiner-lost`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    await Promise.all(this.#seats.map((seat) => seat.close()));
  }

  #takeSeat(): Promise<Seat> {
    if (this.#isClosed) return Promise.reject(closed());
    const seat = this.#free.shift();
    if (seat !== undefined) return Promise.resolve(seat);
    if (this.#waiting.length >= examinerLimits.waitingMax) {
      return Promise.reject(new TransientFailure('document.examiner-busy', 'Too many documents wait to be examined.'));
    }
    const turn = Promise.withResolvers<Seat>();
    this.#waiting.push(turn);
    return turn.promise;
  }

  #giveSeat(seat: Seat): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(seat);
    else next.resolve(seat);
  }
}

/** A place for one child, filled again when its child is spent. */
class Seat {
  #child: Promise<ExaminerChild> | undefined;
  #isClosed = false;

  /** The living child; starts one where there is none, and again after a start that failed. */
  async child(): Promise<ExaminerChild> {
    if (this.#isClosed) throw closed();
    this.#child ??= ExaminerChild.start();
    const starting = this.#child;
    try {
      const child = await starting;
      if (!child.isSpent) return child;
    } catch (error) {
      if (this.#child === starting) this.#child = undefined;
      throw error;
    }
    // It ended while it was idle.
    if (this.#child === starting) this.#child = undefined;
    return this.child();
  }

  /** Starts the successor now, so that the next document finds it warm. */
  replaceIfSpent(): void {
    this.#replaceIfSpent().catch(() => {
      // The start that failed is tried again by, and told to, the next document.
    });
  }

  async #replaceIfSpent(): Promise<void> {
    const leaving = this.#child;
    const child = await leaving;
    if (!child?.isSpent || this.#isClosed || this.#child !== leaving) return;
    this.#child = undefined;
    await Promise.all([child.kill(), this.child()]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const child = await this.#child?.catch(() => undefined);
    await child?.kill();
  }
}

function closed(): TransientFailure {
  return new TransientFailure('document.examiner-closed', 'The service is being stopped.');
}
