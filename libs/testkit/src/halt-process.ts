import { readdirSync, readFileSync } from 'node:fs';

const HALTED_WITHIN_MS = 2_000;

/** Stops a process where it stands (SIGCONT lets it go on), and returns once none of its threads runs any more: on a busy machine one may still give an answer. */
export function haltProcess(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const deadline = Date.now() + HALTED_WITHIN_MS;
  while (!isHalted(pid)) if (Date.now() > deadline) throw new Error(`process ${pid} does not halt`);
}

/** proc_pid_stat(5): the state follows the name, which is in brackets and may hold anything. */
function isHalted(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => /^.*\) T /s.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
}
