import { writeFileSync } from 'node:fs';
import { type ProcessEntry, processTree, readProcessFile, readProcessTable } from './process-table.js';

/** Processes that are counted together, named by the one they descend from. */
export interface ProcessGroup {
  readonly name: string;
  readonly rootPid: number;
}

export interface ProcessPeak {
  /** The group, and for a child its command: `inkpost`, `inkpost: node`. */
  readonly name: string;
  /** The largest resident set of a single process of this name. */
  readonly peakMiB: number;
}

export interface Usage {
  readonly cpuMs: number;
  /** By group: `inkpost` is the process itself, `inkpost: children` all below it. */
  readonly cpuMsByPart: Readonly<Record<string, number>>;
  readonly peaks: readonly ProcessPeak[];
}

const SAMPLE_EVERY_MS = 1_000;

/** CPU time and peak memory of groups of processes, their children included, those that ended as well. */
export class ProcessMeter {
  private readonly peaks = new Map<string, number>();
  private readonly cpuAtStart: ReadonlyMap<string, number>;
  private readonly timer: NodeJS.Timeout;

  /** Begins to measure. The peak of each process counts from now. */
  constructor(private readonly groups: readonly ProcessGroup[]) {
    for (const { entry } of this.members()) resetPeak(entry.pid);
    this.cpuAtStart = this.readCpu();
    this.timer = setInterval(() => this.notePeaks(), SAMPLE_EVERY_MS);
  }

  stop(): Usage {
    clearInterval(this.timer);
    this.notePeaks();
    const entries = [...this.readCpu()].map(([name, cpuMs]): [string, number] => [name, cpuMs - (this.cpuAtStart.get(name) ?? 0)]);
    return {
      cpuMs: entries.reduce((sum, [, cpuMs]) => sum + cpuMs, 0),
      cpuMsByPart: Object.fromEntries(entries),
      peaks: [...this.peaks].map(([name, peakMiB]) => ({ name, peakMiB })).toSorted((a, b) => b.peakMiB - a.peakMiB),
    };
  }

  private readCpu(): Map<string, number> {
    const table = readProcessTable();
    return new Map(this.groups.flatMap(({ name, rootPid }) => {
      const [root, ...children] = processTree(table, rootPid);
      const childrenMs = children.reduce((sum, { cpuMs, endedChildrenCpuMs }) => sum + cpuMs + endedChildrenCpuMs, root?.endedChildrenCpuMs ?? 0);
      return [[name, root?.cpuMs ?? 0], [`${name}: children`, childrenMs]] as const;
    }));
  }

  private members(): { readonly group: ProcessGroup; readonly entry: ProcessEntry }[] {
    const table = readProcessTable();
    return this.groups.flatMap((group) => processTree(table, group.rootPid).map((entry) => ({ group, entry })));
  }

  private notePeaks(): void {
    for (const { group, entry } of this.members()) {
      const name = entry.pid === group.rootPid ? group.name : `${group.name}: ${entry.command}`;
      this.peaks.set(name, Math.max(this.peaks.get(name) ?? 0, statusMiB(entry.pid, 'VmHWM')));
    }
  }
}

/** CPU time of each group since its start, children included, those that ended as well. */
export function cpuMsByGroup(groups: readonly ProcessGroup[]): Map<string, number> {
  const table = readProcessTable();
  return new Map(groups.map(({ name, rootPid }) => [name, processTree(table, rootPid).reduce((sum, { cpuMs, endedChildrenCpuMs }) => sum + cpuMs + endedChildrenCpuMs, 0)]));
}

/** Resident memory of the groups' own processes, without children, in MiB. */
export function residentMiB(groups: readonly ProcessGroup[]): Map<string, number> {
  return new Map(groups.map(({ name, rootPid }) => [name, statusMiB(rootPid, 'VmRSS')]));
}

/** The most that was resident of them at once. */
export function peakMiB(groups: readonly ProcessGroup[]): Map<string, number> {
  return new Map(groups.map(({ name, rootPid }) => [name, statusMiB(rootPid, 'VmHWM')]));
}

/** proc(5): writing 5 sets VmHWM back to what is resident now. */
function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // It ended meanwhile, or is another account's: then its peak counts from its own start.
  }
}

function statusMiB(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readProcessFile(pid, 'status'))?.[1];
  return Number(kibibytes ?? 0) / 1024;
}
