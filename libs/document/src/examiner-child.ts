import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { Defect, TransientFailure } from '@inkpost/failure/failure.js';
import { parseAnswer, type Answer } from './answer.js';
import { refused, type Examination } from './examination.js';
import { discardFrame, endFrame, framesOf } from './frames.js';
import { documentLimits, examinerLimits } from './limits.js';
import { findProgram, limitedCommand } from './limited-command.js';

type Event = Answer | { readonly kind: 'ended' | 'late' | 'nonsense' };

/** One warm child that examines one document at a time. Dead or worn, it is thrown away, never repaired. */
export class ExaminerChild {
  readonly #process: ChildProcess;
  readonly #stdin: Writable;
  readonly #ended = new AbortController();
  #listener: { readonly hear: (event: Event) => void; readonly timer: NodeJS.Timeout } | undefined;
  #stderr = '';
  #documents = 0;
  #wornOut = false;

  private constructor(process: ChildProcess) {
    const [stdin, , stderr, answers] = process.stdio;
    if (!(stdin instanceof Writable && stderr instanceof Readable && answers instanceof Readable)) {
      throw new Defect('document.examiner-without-pipes', 'An examining child was started without its pipes.');
    }
    this.#process = process;
    this.#stdin = stdin;
    this.#readAnswers(answers);
    stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-examinerLimits.stderrBytesKept);
    });
    // A broken pipe only says that the child ended, which is heard of below.
    stdin.on('error', () => undefined);
    process.once('error', (error) => {
      this.#stderr += error.message;
      this.#end();
    });
    // 'close' comes after the last answer was read, unlike 'exit'.
    process.once('close', () => this.#end());
  }

  /** Resolves when the child has loaded its parser. Throws the TransientFailure `document.examiner-not-started`. */
  static async start(): Promise<ExaminerChild> {
    const script = new URL(`./examine-child${extname(import.meta.url)}`, import.meta.url);
    const { file, args } = limitedCommand(script);
    const child = new ExaminerChild(spawn(file, args, { env: {}, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] }));
    const event = await child.#nextEvent(examinerLimits.startTimeoutMs);
    if (event.kind !== 'ready') {
      await child.kill();
      throw new TransientFailure('document.examiner-not-started', 'The process that examines documents did not start.', {
        fields: { stderr: child.#stderr },
      });
    }
    await child.#closeDoors();
    return child;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** True when it must not be given another document. */
  get isSpent(): boolean {
    return this.#wornOut || this.#ended.signal.aborted || this.#documents >= examinerLimits.documentsPerChild;
  }

  /**
   * Sends the clear bytes and waits for the verdict. A child that ended by the document's own doing (time, memory) makes a
   * refusal; one that was killed from outside the TransientFailure `document.examiner-lost`. Errors of `source` are passed on.
   */
  async examine(source: AsyncIterable<Uint8Array>, timeoutMs: number): Promise<Examination> {
    this.#documents += 1;
    const heard = this.#nextEvent(timeoutMs);
    let isSent = false;
    const sending = this.#send(source).then((outcome): Promise<Event | 'too-large'> => {
      isSent = outcome === 'sent';
      return outcome === 'too-large' ? Promise.resolve(outcome) : heard;
    });
    try {
      // A race, because a source may hang: the deadline holds all the same.
      const event = await Promise.race([heard, sending]);
      if (event === 'too-large') return refused('too-large', `more than ${documentLimits.sizeBytesMax} bytes`);
      if (event.kind === 'examined') return this.#accept(event);
      await this.kill();
      return this.#judgeEnd(event.kind, isSent, timeoutMs);
    } finally {
      this.#stopListening();
      // After a hung source its late error has nobody left to tell.
      sending.catch(() => undefined);
    }
  }

  /** Ends the process and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    if (!this.#ended.signal.aborted) await once(this.#ended.signal, 'abort');
  }

  #accept({ examination, cpuMs, peakBytes }: Answer & { kind: 'examined' }): Examination {
    this.#wornOut = cpuMs > examinerLimits.wornCpuMs || peakBytes > examinerLimits.wornPeakBytes;
    return examination;
  }

  #judgeEnd(how: Event['kind'], isSent: boolean, timeoutMs: number): Examination {
    const { signalCode, exitCode } = this.#process;
    if (how === 'late' && isSent) return refused('too-slow', `not read within ${timeoutMs} ms`);
    if (how === 'late') throw new TransientFailure('document.source-too-slow', 'The document could not be fetched in time.');
    if (signalCode === 'SIGXCPU') return refused('too-slow', `it needs more than ${examinerLimits.cpuSecondsMax} s of CPU time`);
    if (/out of memory|allocation failed|bad_alloc/iu.test(this.#stderr)) {
      return refused('too-much-memory', 'it needs more memory than an examination may use');
    }
    throw new TransientFailure('document.examiner-lost', 'The process that examined the document was ended.', {
      fields: { how, signal: signalCode ?? undefined, exitCode: exitCode ?? undefined },
    });
  }

  async #send(source: AsyncIterable<Uint8Array>): Promise<'sent' | 'too-large' | 'ended'> {
    let sizeBytes = 0;
    try {
      for await (const chunk of source) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > documentLimits.sizeBytesMax) {
          await this.#write(discardFrame);
          return 'too-large';
        }
        await this.#write(...framesOf(chunk));
        if (this.#ended.signal.aborted) return 'ended';
      }
    } catch (error) {
      await this.#write(discardFrame);
      throw error;
    }
    await this.#write(endFrame);
    return 'sent';
  }

  /** All at once, since whatever arrives wakes the child. */
  async #write(...pieces: readonly Uint8Array[]): Promise<void> {
    const { signal } = this.#ended;
    if (signal.aborted) return;
    this.#stdin.cork();
    for (const piece of pieces) this.#stdin.write(piece);
    this.#stdin.uncork();
    if (!this.#stdin.writableNeedDrain) return;
    await once(this.#stdin, 'drain', { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  #nextEvent(timeoutMs: number): Promise<Event> {
    return new Promise((hear) => {
      this.#listener = { hear, timer: setTimeout(() => this.#tell({ kind: 'late' }), timeoutMs) };
      if (this.#ended.signal.aborted) this.#tell({ kind: 'ended' });
    });
  }

  #tell(event: Event): void {
    this.#listener?.hear(event);
    this.#stopListening();
  }

  #stopListening(): void {
    clearTimeout(this.#listener?.timer);
    this.#listener = undefined;
  }

  #readAnswers(answers: Readable): void {
    let unreadBytes = 0;
    answers.on('data', (chunk: Buffer) => {
      unreadBytes = chunk.includes('\n') ? 0 : unreadBytes + chunk.length;
      if (unreadBytes > examinerLimits.answerBytesMax) this.#process.kill('SIGKILL');
    });
    createInterface(answers).on('line', (line) => {
      try {
        this.#tell(parseAnswer(line));
      } catch {
        this.#tell({ kind: 'nonsense' });
      }
    });
  }

  #end(): void {
    this.#ended.abort();
    this.#tell({ kind: 'ended' });
  }

  /** From here on the kernel gives the child no new descriptor: no file, no socket, no pipe. Those it has go on working. */
  async #closeDoors(): Promise<void> {
    const prlimit = findProgram('prlimit');
    if (prlimit === undefined || this.pid === undefined) return;
    await promisify(execFile)(prlimit, [`--pid=${this.pid}`, '--nofile=0:0'], { env: {} });
  }
}
