import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { PermanentFailure } from '@inkpost/failure/failure.js';

/** How a foreground server is started and when it counts as ready. */
export interface ServerCommand {
  /** Shown to people: `PostgreSQL`, `Redis`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Runs as this account (only root may ask for it). */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Written to the server's standard input, which is then closed: configuration that must not show in `ps`. */
  readonly input?: string;
  /** The server's own line that says that it takes connections. */
  readonly readyLine: RegExp;
  readonly readyWithinMs: number;
  /** What asks the server for a clean end; also sent when this process dies, so that no server outlives it. */
  readonly stopSignal: NodeJS.Signals;
  readonly onLog?: ((line: string) => void) | undefined;
}

export interface ServerProcess {
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends it cleanly; after `graceMs` with -9. */
  stop(graceMs?: number): Promise<void>;
  /** Ends it with -9, as a crash would. */
  kill(): Promise<void>;
}

const logLinesKept = 12;
const deathSignaller = '/usr/bin/setpriv';

/**
 * Starts a server and waits until it says that it is ready.
 * @throws PermanentFailure `local.server-start-failed`, with the server's last lines.
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const [file, args] = endingWithParent(command);
  const child = spawn(file, args, {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C must reach the suite first, which then stops its servers in order.
    detached: true,
    ...command.account,
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const lastLines: string[] = [];
  const ready = new Promise<'ready'>((resolve) => {
    const takeLine = (line: string): void => {
      lastLines.push(line);
      if (lastLines.length > logLinesKept) lastLines.shift();
      command.onLog?.(line);
      if (command.readyLine.test(line)) resolve('ready');
    };
    child.on('error', (error) => takeLine(error.message));
    createInterface({ input: child.stdout }).on('line', takeLine);
    createInterface({ input: child.stderr }).on('line', takeLine);
  });
  child.stdin.on('error', () => undefined); // a server that ended at once: its exit says why
  child.stdin.end(command.input ?? '');

  const deadline = new AbortController();
  const outcome = await Promise.race([
    ready,
    exited.then(() => 'ended' as const),
    pause(command.readyWithinMs, 'late' as const, { signal: deadline.signal }).catch(() => 'late' as const),
  ]);
  deadline.abort();
  const server: ServerProcess = {
    pid: child.pid ?? 0,
    exited,
    stop: (graceMs = 20_000) => end(child, exited, command.stopSignal, graceMs),
    kill: () => end(child, exited, 'SIGKILL', 0),
  };
  if (outcome === 'ready') return server;
  await server.kill();
  const what = outcome === 'late' ? `was not ready within ${command.readyWithinMs} ms` : 'ended at once';
  throw new PermanentFailure('local.server-start-failed', `${command.name} ${what}:\n  ${lastLines.join('\n  ')}`);
}

/** setpriv (util-linux) has the kernel signal the server when its parent dies, even by -9, which no handler of ours could see. */
function endingWithParent(command: ServerCommand): [string, string[]] {
  if (!existsSync(deathSignaller)) return [command.file, [...command.args]];
  return [deathSignaller, ['--pdeathsig', command.stopSignal, command.file, ...command.args]];
}

async function end(
  child: ReturnType<typeof spawn>,
  exited: Promise<void>,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill(signal);
  if (signal !== 'SIGKILL') {
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
  }
  await exited;
}
