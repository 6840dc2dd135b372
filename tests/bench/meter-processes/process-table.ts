import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** The program's name as the kernel keeps it (15 characters). */
  readonly command: string;
  readonly cpuMs: number;
  /** CPU time of its children that have ended and were waited for, and of theirs. */
  readonly endedChildrenCpuMs: number;
}

/** USER_HZ is 100 on all Linux platforms that Node runs on (proc(5)). */
const MS_PER_TICK = 10;

/** All processes of the machine, by pid. */
export function readProcessTable(): Map<number, ProcessEntry> {
  const table = new Map<number, ProcessEntry>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const entry = Number.isInteger(pid) ? readEntry(pid) : undefined;
    if (entry) table.set(pid, entry);
  }
  return table;
}

/** The process and all below it that live. */
export function processTree(table: ReadonlyMap<number, ProcessEntry>, rootPid: number): ProcessEntry[] {
  const root = table.get(rootPid);
  if (!root) return [];
  const children = [...table.values()].filter(({ parentPid }) => parentPid === rootPid);
  return [root, ...children.flatMap(({ pid }) => processTree(table, pid))];
}

/** Direct children of this process. */
export function ownChildren(): number[] {
  return [...readProcessTable().values()].filter(({ parentPid }) => parentPid === process.pid).map(({ pid }) => pid);
}

/** proc(5): the name in parentheses may itself hold spaces and parentheses, hence the last one. */
function readEntry(pid: number): ProcessEntry | undefined {
  const text = readProcessFile(pid, 'stat');
  const nameEnd = text.lastIndexOf(')');
  if (nameEnd < 0) return undefined;
  const fields = text.slice(nameEnd + 2).split(' ');
  // Fields 14 to 17 of the whole line: utime, stime, cutime, cstime.
  const [userTicks = 0, systemTicks = 0, endedUserTicks = 0, endedSystemTicks = 0] = fields.slice(11, 15).map(Number);
  return {
    pid,
    parentPid: Number(fields[1]),
    command: text.slice(text.indexOf('(') + 1, nameEnd),
    cpuMs: (userTicks + systemTicks) * MS_PER_TICK,
    endedChildrenCpuMs: (endedUserTicks + endedSystemTicks) * MS_PER_TICK,
  };
}

/** Empty when the process is gone. */
export function readProcessFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
