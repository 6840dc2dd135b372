import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

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

export interface RaisedLimits {
  /** What was raised, for people. */
  readonly raised: readonly string[];
  /** Puts back what belongs to the machine; what belongs to this process ends with it. */
  readonly restore: () => Promise<void>;
}

/** Lets this machine hold so many mailboxes in IDLE, as far as it doesn't already. Needs root for what it raises. */
export async function raiseMachineLimits(mailboxes: number): Promise<RaisedLimits> {
  const raised: string[] = [];
  const before = new Map<string, string>();
  const restore = async (): Promise<void> => {
    for (const [file, text] of before) await writeFile(file, text);
  };
  for (const { file, name, perMailbox } of INOTIFY) {
    const wanted = perMailbox * mailboxes + SPARE;
    const text = await readFile(file, 'utf8');
    if (Number(text) >= wanted) continue;
    await writeFile(file, String(wanted));
    before.set(file, text);
    raised.push(`${name} ${text.trim()} -> ${wanted}, until the end`);
  }
  const files = FILES_PER_MAILBOX * mailboxes + SPARE;
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1] ?? files);
  if (allowed < files) {
    // Of this process: what it starts inherits it.
    await run('prlimit', ['--pid', String(process.pid), `--nofile=${files}:${files}`]);
    raised.push(`open files ${allowed} -> ${files}`);
  }
  return { raised, restore };
}
