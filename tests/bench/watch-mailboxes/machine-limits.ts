import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { RunningParts } from '../running-parts.js';

const run = promisify(execFile);

/** Each session of Dovecot that is in IDLE is one instance with a few watches, all of one account of the system. */
const INOTIFY = [
  { file: '/proc/sys/fs/inotify/max_user_instances', name: 'fs.inotify.max_user_instances', perMailbox: 2 },
  { file: '/proc/sys/fs/inotify/max_user_watches', name: 'fs.inotify.max_user_watches', perMailbox: 8 },
] as const;
/** Room for what else runs under these limits. */
const SPARE = 1_000;
/** A connection is a file in the suite, in Dovecot's proxy of TLS twice, and in its process. */
const FILES_PER_MAILBOX = 4;

/**
 * Lets this machine hold so many mailboxes in IDLE, as far as it doesn't already. What belongs to the machine is put back when `running`
 * is stopped, what belongs to this process ends with it. Gives what was raised, for people.
 * @throws Error that says what is too low, where it may not be raised.
 */
export async function raiseMachineLimits(mailboxes: number, running: RunningParts): Promise<string[]> {
  const raised: string[] = [];
  for (const { file, name, perMailbox } of INOTIFY) {
    const wanted = perMailbox * mailboxes + SPARE;
    const before = await readFile(file, 'utf8');
    if (Number(before) >= wanted) continue;
    await writeFile(file, String(wanted)).catch(tooLow(name, before, wanted));
    running.add(() => writeFile(file, before));
    raised.push(`${name} ${before.trim()} -> ${wanted}, until the end`);
  }
  const files = FILES_PER_MAILBOX * mailboxes + SPARE;
  const allowed = /^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1] ?? String(files);
  if (Number(allowed) < files) {
    // Of this process: what it starts inherits it.
    await run('prlimit', ['--pid', String(process.pid), `--nofile=${files}:${files}`]).catch(tooLow('the limit of open files (ulimit -n)', allowed, files));
    raised.push(`open files ${allowed} -> ${files}`);
  }
  return raised;
}

function tooLow(name: string, is: string, wanted: number) {
  return (cause: unknown): never => {
    throw new Error(`${name} is ${is.trim()} and may not be raised here: set it to ${wanted}, or measure fewer mailboxes (--mailboxes N).`, { cause });
  };
}
