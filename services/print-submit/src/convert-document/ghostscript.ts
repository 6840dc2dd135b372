import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { limitedProgram } from '@inkpost/document/limited-command.js';
import { CauseDown, PermanentFailure, TransientFailure } from '@inkpost/failure/failure.js';
import { conversionLimits } from '../limits.js';
import type { Conversion } from './choose-conversion.js';

/** Its number in the child: the document, which has no name. */
const DOCUMENT_FD = 3;
const PAGE_DONE = /^Page \d+$/gmu;

/** @throws CauseDown `convert.tool-missing`. */
export function requireGhostscript(program: string, documentFormat: string): void {
  if (isInstalled(program)) return;
  throw new CauseDown('convert.tool-missing', `the printer takes no PDF but ${documentFormat}, and Ghostscript, which makes that, is not installed on the server (${program})`, { fields: { program } });
}

export function isInstalled(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs it over the document, and hands on what it makes.
 * @throws PermanentFailure `convert.failed`: nothing can be made of this document within the limits.
 * @throws TransientFailure `convert.interrupted`: somebody else ended it, or it could not be started.
 */
export async function* runGhostscript(program: string, { options, pages, documentFormat }: Conversion, document: FileHandle, settings: { readonly folder: string; readonly stopping: AbortSignal }): AsyncGenerator<Uint8Array, void, undefined> {
  const source = `/proc/self/fd/${DOCUMENT_FD}`;
  const { file, args } = limitedProgram(program, [...FIXED_OPTIONS, `--permit-file-read=${source}`, ...options, '-f', source], conversionLimits);
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(file, [...args], {
    cwd: '/', env: { TEMP: settings.folder, TMPDIR: settings.folder }, stdio: ['ignore', 'pipe', 'pipe', document.fd],
    signal: AbortSignal.any([settings.stopping, AbortSignal.timeout(conversionLimits.timeoutMs)]), killSignal: 'SIGKILL',
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  // Told below; an unheard rejection would end the process.
  ended.catch(() => undefined);
  const words = hear(child.stderr);
  let bytes = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > conversionLimits.outputBytesMax) throw failed(documentFormat, `it would have more than ${conversionLimits.outputBytesMax / 1_000_000} MB`);
      yield chunk;
    }
    const [code, signal] = await ended.catch((cause: unknown) => {
      throw whyStopped(cause, documentFormat);
    });
    if (signal === 'SIGXCPU') throw failed(documentFormat, `it takes more than ${conversionLimits.cpuSecondsMax} s`);
    if (signal !== null) throw new TransientFailure('convert.interrupted', `the conversion to ${documentFormat} was ended by ${signal}`);
    const done = words.pages();
    if (code !== 0 || bytes === 0 || done !== pages) throw failed(documentFormat, `${done} of ${pages} pages were made; Ghostscript ended with ${code}${words.last()}`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Documents may be hostile: no files but its own, no programs, no names of files from the document. The list of a page's parts stays in memory. */
const FIXED_OPTIONS = [
  '-dSAFER', '-dBATCH', '-dNOPAUSE', '-dNOPROMPT', '-sstdout=%stderr', '-sOutputFile=%stdout', '-sBandListStorage=memory', `-dMaxBitmap=${conversionLimits.bitmapBytesMax}`,
] as const;

/** What it says: how many pages it made, and its last words. */
function hear(stderr: Readable): { pages(): number; last(): string } {
  let pages = 0;
  let rest = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.slice(-conversionLimits.wordsLengthMax).split('\n');
    rest = lines.pop() ?? '';
    pages += lines.join('\n').match(PAGE_DONE)?.length ?? 0;
  });
  return { pages: () => pages, last: () => (rest.trim() === '' ? '' : `: ${rest.trim().slice(0, 200)}`) };
}

function whyStopped(cause: unknown, documentFormat: string): Error {
  const reason: unknown = cause instanceof Error && cause.name === 'AbortError' ? cause.cause : undefined;
  if (reason instanceof Error && reason.name === 'TimeoutError') return failed(documentFormat, `it takes more than ${conversionLimits.timeoutMs / 1_000} s`);
  return new TransientFailure('convert.interrupted', `the conversion to ${documentFormat} was interrupted`, { cause });
}

function failed(documentFormat: string, why: string): PermanentFailure {
  return new PermanentFailure('convert.failed', `the document cannot be made ${documentFormat}, which the printer takes: ${why}`, { fields: { documentFormat } });
}
