import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@inkpost/config/config.js';
import { variablePart } from '@inkpost/service/service-variables.js';
import { SUITE } from './services.js';

/** `all`: one process. `processes`: one per service, as in containers. */
export type Topology = 'all' | 'processes';

export interface SuiteOptions {
  readonly topology: Topology;
  /** INKPOST_* for all services; each process is given those that it knows. */
  readonly environment: Environment;
  /** JSON lines of all processes. */
  readonly logFile: string;
  readonly readyTimeoutMs?: number;
  /** Given: a process that ends by itself once all were ready is started again, as Docker does it, and this hears of each. Else `failed` rejects. */
  readonly onStartedAgain?: (ended: EndedProcess) => void;
}

/** A process that ended and that nobody stopped. */
export interface EndedProcess {
  readonly name: string;
  /** Exit code or signal. */
  readonly how: string;
  /** The end of what it wrote to standard error. */
  readonly lastWords: string;
}

export interface SuiteProcess {
  readonly name: string;
  readonly pid: number;
  /** Ends it at once, as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again after `kill`. */
  restart(): Promise<void>;
}

export interface Suite {
  readonly processes: readonly SuiteProcess[];
  /** Rejects when a process ends that nobody stopped, unless it is started again. */
  readonly failed: Promise<never>;
  waitUntilReady(): Promise<void>;
  stop(): Promise<void>;
}

const STOP_DEADLINE_MS = 25_000;
/** Seven processes on a machine with much else to do (seen: 40 s, where 10 s are usual). One that ends is told of at once. */
const READY_MS = 180_000;
/** Before a process that ended by itself is started again; Docker begins with the same. */
const START_AGAIN_MS = 100;
/**
 * Mails are short-lived buffers: a young generation of 16 MB, the default, promotes them, and the old one is collected each time it has
 * grown by a third. Both cost more than the memory they save (measured: a tenth of the CPU time of a job).
 */
const NODE_OPTIONS = ['--enable-source-maps', '--max-semi-space-size=32', '--initial-heap-size=512'];

class Child implements SuiteProcess {
  private process: ChildProcess | undefined;
  private expectsEnd = false;
  private stderrTail = '';
  private startingAgain: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    private readonly script: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly logFile: string,
    private readonly onEnded: (ended: EndedProcess) => 'start-again' | 'leave',
  ) {}

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  start(): void {
    clearTimeout(this.startingAgain);
    this.expectsEnd = false;
    const log = openSync(this.logFile, 'a', 0o600);
    const child = spawn(process.execPath, [...NODE_OPTIONS, this.script], { env: this.environment, stdio: ['ignore', log, 'pipe', 'ipc'], detached: true });
    child.stderr?.on('data', (text: Buffer) => {
      this.stderrTail = (this.stderrTail + text.toString()).slice(-4_000);
    });
    child.once('exit', (code, signal) => {
      const ended = { name: this.name, how: signal ?? `exit code ${code}`, lastWords: this.stderrTail.trim() };
      this.stderrTail = '';
      if (!this.expectsEnd && this.onEnded(ended) === 'start-again') this.startingAgain = setTimeout(() => this.start(), START_AGAIN_MS);
    });
    this.process = child;
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    this.start();
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => this.process?.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.end('SIGTERM');
    clearTimeout(timer);
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    clearTimeout(this.startingAgain);
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.expectsEnd = true;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}

/** The environment of a process that runs these services: what they know, and nothing of ours but the way to Node's files. */
function environmentOf(services: readonly (typeof SUITE)[number][], environment: Environment): NodeJS.ProcessEnv {
  const known = new Set(services.flatMap(({ config }) => Object.values(config).map(({ name }) => name as string)));
  const own = Object.entries(environment).filter(([name]) => !name.startsWith('INKPOST_') || known.has(name));
  return Object.fromEntries(own);
}

/** Starts the suite's processes; `waitUntilReady` says when it takes mail. */
export async function startSuite(options: SuiteOptions): Promise<Suite> {
  const { topology, environment, logFile, onStartedAgain } = options;
  const stopped = new AbortController();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let wereReady = false;
  const onEnded = (ended: EndedProcess): 'start-again' | 'leave' => {
    if (onStartedAgain && wereReady) {
      onStartedAgain(ended);
      return 'start-again';
    }
    failure.reject(new Error(`${ended.name} ended by itself (${ended.how}).\n${ended.lastWords}\nIts log: ${logFile}`));
    return 'leave';
  };
  const child = (name: string, script: string, services: readonly (typeof SUITE)[number][]) =>
    new Child(name, script, environmentOf(services, environment), logFile, onEnded);
  const children =
    topology === 'all'
      ? [child('inkpost', fileURLToPath(new URL('./all.js', distFolder())), SUITE)]
      : SUITE.map((service) => child(service.name, fileURLToPath(new URL(`../../../services/${service.name}/dist/main.js`, distFolder())), [service]));
  for (const each of children) each.start();
  return {
    processes: children,
    failed: failure.promise,
    waitUntilReady: async () => {
      const over = new AbortController();
      const ready = allReady(environment, options.readyTimeoutMs ?? READY_MS, AbortSignal.any([over.signal, stopped.signal]));
      await Promise.race([ready, failure.promise]).finally(() => over.abort());
      wereReady = true;
    },
    stop: async () => {
      stopped.abort();
      // From the front of the flow to its end, as one process does it too.
      for (const each of children) await each.stop();
    },
  };
}

/** Processes are always the built ones, also where this file runs from its source (tests). */
function distFolder(): URL {
  return new URL('../dist/', import.meta.url);
}

async function allReady(environment: Environment, timeoutMs: number, over: AbortSignal): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (const { name } of SUITE) {
    const address = environment[`INKPOST_${variablePart(name)}_LISTEN`] ?? '';
    for (let answer = await askReady(address); !answer.isReady; answer = await askReady(address)) {
      over.throwIfAborted();
      if (Date.now() > deadline) throw new Error(`${name} is not ready after ${timeoutMs / 1_000} s: ${answer.text}`);
      await pause(50);
    }
  }
}

/** What /readyz says, such as what a service waits for. */
async function askReady(address: string): Promise<{ readonly isReady: boolean; readonly text: string }> {
  try {
    const response = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return { isReady: response.ok, text: (await response.text()).trim() };
  } catch {
    return { isReady: false, text: `no answer at ${address}` };
  }
}
