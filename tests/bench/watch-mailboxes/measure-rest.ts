import { setTimeout as pause } from 'node:timers/promises';
import { cpuMsByGroup, type ProcessGroup } from '../meter-processes/process-meter.js';

export interface RestFigures {
  readonly seconds: number;
  /** Of one processor, in per cent, by group, children included. */
  readonly cpuPercent: Readonly<Record<string, number>>;
}

/** What processes use while nothing comes. They are looked at twice only: with a thousand of them, looking costs something too. */
export async function measureRest(groups: readonly ProcessGroup[], seconds: number): Promise<RestFigures> {
  const startedAt = performance.now();
  const before = cpuMsByGroup(groups);
  await pause(seconds * 1_000);
  const after = cpuMsByGroup(groups);
  const elapsedMs = performance.now() - startedAt;
  const cpuPercent = Object.fromEntries([...after].map(([name, cpuMs]) => [name, (100 * (cpuMs - (before.get(name) ?? 0))) / elapsedMs]));
  return { seconds, cpuPercent };
}
