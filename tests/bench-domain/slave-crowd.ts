import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Within } from './within.js';
import type { Answered, CrowdState, SlaveState, SlavesToStart, Told } from './simulate-slaves/conversation.js';

/** The simulated slaves, in processes of their own. */
export class SlaveCrowd {
  private constructor(private readonly processes: readonly ChildProcess[]) {}

  static async start(groups: readonly SlavesToStart[]): Promise<SlaveCrowd> {
    const script = fileURLToPath(new URL('./simulate-slaves/slave-process.js', import.meta.url));
    const crowd = new SlaveCrowd(groups.map(() => fork(script, [], { execArgv: ['--enable-source-maps'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })));
    await Promise.all(crowd.processes.map((child, index) => crowd.tell(child, { tell: 'start', slaves: groups[index] as SlavesToStart })));
    return crowd;
  }

  async hear(deaf: boolean): Promise<void> {
    await Promise.all(this.processes.map((child) => this.tell(child, { tell: 'hear', deaf })));
  }

  async state(): Promise<CrowdState> {
    const states = await Promise.all(this.processes.map(async (child) => {
      const answer = await this.tell(child, { tell: 'state' });
      if (answer.answer !== 'state') throw new Error('unreachable: it was asked for its state');
      return answer.state;
    }));
    const requests = new Map<number, number>();
    for (const [second, count] of states.flatMap((state) => state.requests)) requests.set(second, (requests.get(second) ?? 0) + count);
    const sum = (what: 'inventories' | 'failures'): number => states.reduce((total, state) => total + state[what], 0);
    return { slaves: states.flatMap(({ slaves }) => slaves), requests: [...requests], inventories: sum('inventories'), failures: sum('failures') };
  }

  /** All of them are so. Looked at twice a second; the times that count are noted by the slaves themselves. */
  async until(what: string, isSo: (slave: SlaveState) => boolean, timeoutMs: number): Promise<CrowdState> {
    const within = new Within(timeoutMs);
    for (;;) {
      const state = await this.state();
      const missing = state.slaves.filter((slave) => !isSo(slave)).length;
      if (missing === 0) return state;
      within.check(() => `${missing} of ${state.slaves.length} slaves are not yet ${what}`);
      await pause(500);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }));
  }

  private async tell(child: ChildProcess, told: Told): Promise<Answered> {
    const ended = new AbortController();
    const answered = once(child, 'message', { signal: ended.signal });
    const gone = once(child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('A process of simulated slaves ended by itself.');
    });
    child.send(told);
    try {
      return ((await Promise.race([answered, gone])) as [Answered])[0];
    } finally {
      ended.abort();
      gone.catch(() => undefined);
      answered.catch(() => undefined);
    }
  }
}
