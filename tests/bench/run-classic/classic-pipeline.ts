import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findServer } from '@inkpost/testkit/server-process.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import { type CupsScheduler, startCupsScheduler } from './cups-scheduler.js';

const QUEUE = 'bench';

/** fetchmail -> ripmime -> lp -> CUPS: what one would put together from Debian's packages. */
export class ClassicPipeline {
  private fetching: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly cups: CupsScheduler,
  ) {}

  static async start(folder: string, printerUri: string): Promise<ClassicPipeline> {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    return new ClassicPipeline(folder, await startCupsScheduler(join(folder, 'cups'), QUEUE, printerUri));
  }

  /** Fetches and prints all mails of an account. `leave` ends the process that did it, after it was measured. */
  async run(account: MailAccount): Promise<{ readonly pid: number; readonly fetched: Promise<void>; leave(): Promise<void> }> {
    const settings = await this.writeFiles(account);
    const fetchmail = findServer('fetchmail', ['fetchmail']);
    // It stays until it is told to leave: the CPU time of a process can be read only as long as it is there.
    const script = '"$@"; echo "fetchmail ended with $?"; read -r _';
    const child = spawn('/bin/sh', ['-c', script, 'fetch', fetchmail, '--nodetach', '--silent', '--fetchmailrc', settings], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: this.folder, FETCHMAILHOME: this.folder, CUPS_SERVER: this.cups.host, TZ: 'UTC' },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own, so that all of it can be ended at once.
      detached: true,
    });
    this.fetching = child;
    const ended = once(child, 'exit');
    return { pid: child.pid ?? 0, fetched: untilFetched(child.stdout, child.stderr, ended), leave: async () => {
      child.stdin.end();
      await ended;
    } };
  }

  /** Also in the middle of a run. */
  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.fetching ?? {};
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGTERM');
    await this.cups.stop();
  }

  private async writeFiles({ imapPort, address, password }: MailAccount): Promise<string> {
    const printMail = join(this.folder, 'print-mail');
    await writeFile(printMail, printMailScript(join(this.folder, 'parts')), { mode: 0o755 });
    await mkdir(join(this.folder, 'parts'), { recursive: true });
    const settings = join(this.folder, 'fetchmailrc');
    const lines = [`poll 127.0.0.1 protocol imap port ${imapPort} auth password:`, `  user "${address}" password "${password}" sslproto ''`, `  fetchall no rewrite mda "${printMail}"`, ''];
    await writeFile(settings, lines.join('\n'), { mode: 0o600 });
    return settings;
  }
}

function printMailScript(parts: string): string {
  return `#!/bin/sh
set -e
folder=$(mktemp -d ${parts}/XXXXXXXX)
${findServer('ripmime', ['ripmime'])} -i - -d "$folder"
for document in "$folder"/*.pdf; do ${findServer('lp', ['cups-client'])} -d ${QUEUE} "$document" >/dev/null; done
rm -r "$folder"
`;
}

async function untilFetched(stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream, ended: Promise<unknown[]>): Promise<void> {
  const said: string[] = [];
  createInterface({ input: stderr }).on('line', (line) => said.push(line));
  const code = await new Promise<string>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const found = /^fetchmail ended with (\d+)$/.exec(line)?.[1];
      if (found === undefined) said.push(line);
      else resolve(found);
    });
    void ended.then(() => resolve('a signal'));
  });
  if (code !== '0') throw new Error(`fetchmail ended with ${code}: ${said.slice(-5).join('\n')}`);
}
