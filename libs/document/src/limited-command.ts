import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { examinerLimits } from './limits.js';

/** What keeps a child within bounds on this machine. What is false here must be told to whoever runs the service. */
export interface Protections {
  /** Memory, CPU time, core files and open files limited by the kernel (`prlimit`, Linux). */
  readonly kernelLimits: boolean;
  /** Ends with its parent, and can't gain rights (`setpriv`, Linux). */
  readonly tiedToParent: boolean;
}

interface LimitedCommand {
  readonly file: string;
  readonly args: readonly string[];
}

export function availableProtections(): Protections {
  return { kernelLimits: findProgram('prlimit') !== undefined, tiedToParent: findProgram('setpriv') !== undefined };
}

/** What the kernel holds a child to. */
export interface KernelLimits {
  /** RLIMIT_DATA. */
  readonly dataBytesMax: number;
  /** RLIMIT_CPU: SIGXCPU, and SIGKILL a little later. */
  readonly cpuSecondsMax: number;
  readonly openFilesMax: number;
  /** RLIMIT_FSIZE: of each file that it writes; pipes have none. Absent: without limit. */
  readonly fileBytesMax?: number;
}

/** Of SIGXCPU a program may make something: it has so long for that. */
const CPU_SECONDS_AFTER = 5;

/**
 * The command line of a limited Node: memory, CPU time, core files and open files by `prlimit`; no writing, spawning,
 * workers or native code by Node's permission model; reading only of this package and the parser.
 */
export function limitedCommand(script: URL): LimitedCommand {
  return limitedProgram(process.execPath, nodeArguments(script), examinerLimits);
}

/** The command line of any program under limits. Where `prlimit` and `setpriv` are missing it is the program alone: see `availableProtections`. */
export function limitedProgram(program: string, programArguments: readonly string[], limits: KernelLimits): LimitedCommand {
  const prlimit = findProgram('prlimit');
  const setpriv = findProgram('setpriv');
  const wrappers = [
    ...(prlimit === undefined
      ? []
      : [
          prlimit,
          `--data=${limits.dataBytesMax}`,
          `--cpu=${limits.cpuSecondsMax}:${limits.cpuSecondsMax + CPU_SECONDS_AFTER}`,
          ...(limits.fileBytesMax === undefined ? [] : [`--fsize=${limits.fileBytesMax}`]),
          `--nofile=${limits.openFilesMax}`,
          '--core=0',
          '--',
        ]),
    ...(setpriv === undefined ? [] : [setpriv, '--pdeathsig=KILL', '--no-new-privs', '--']),
  ];
  const [file = program, ...args] = [...wrappers, program, ...programArguments];
  return { file, args };
}

function nodeArguments(script: URL): string[] {
  const packageFolder = dirname(dirname(fileURLToPath(script)));
  // <pdfjs-dist>/legacy/build/pdf.mjs
  const parserFolder = dirname(dirname(dirname(createRequire(import.meta.url).resolve('pdfjs-dist/legacy/build/pdf.mjs'))));
  return [
    '--permission',
    `--allow-fs-read=${packageFolder}`,
    `--allow-fs-read=${parserFolder}`,
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${examinerLimits.heapMegabytesMax}`,
    // Buffers count with the heap: else V8 collects everything whenever 64 MB of them were made, dead or not (measured: a quarter of a child's time).
    '--external-memory-accounted-in-global-limit',
    ...(script.pathname.endsWith('.ts') ? ['--conditions=inkpost-source'] : []),
    fileURLToPath(script),
  ];
}

/** The full path of a program of the system; PATH is not asked, and the child gets none. */
export function findProgram(name: string): string | undefined {
  return ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
