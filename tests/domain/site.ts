import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DSP_PORT, type RestAnswer, type RestMethod, type SiteAnswer, type SiteCommand } from './site-conversation.js';

/** A whole Inkpost in a network of its own: nothing but its line leads there, and the pipe to its process. */
export class Site {
  private lastId = 0;
  private readonly waiting = new Map<number, (answer: SiteAnswer) => void>();

  private constructor(
    readonly name: string,
    readonly address: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (answer: SiteAnswer) => this.waiting.get(answer.id)?.(answer));
    child.once('exit', () => {
      for (const [id, answer] of this.waiting) answer({ id, problem: 'The process of the site ended.' });
    });
  }

  /** Ready when this resolves. */
  static async start(name: string, namespace: string, address: string): Promise<Site> {
    // Always the built one, also where this file runs from its source (tests).
    const script = fileURLToPath(new URL('../dist/domain/site-process.js', new URL('.', import.meta.url)));
    // A process group of its own: Ctrl-C ends the test, and the end of the test ends the site, in order.
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '--enable-source-maps', script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true });
    const site = new Site(name, address, child);
    try {
      await site.tell({ act: 'start', address });
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  rest(method: RestMethod, path: string, body?: unknown): Promise<RestAnswer> {
    return this.tell({ act: 'rest', method, path: `/api/v0${path}`, body });
  }

  /** What its database says, behind the services. */
  query<Row>(sql: string): Promise<Row[]> {
    return this.tell({ act: 'query', sql });
  }

  /** The other's door. */
  reaches(other: Site): Promise<boolean> {
    return this.tell({ act: 'reach', address: other.address, port: DSP_PORT });
  }

  mail(to: string, count: number): Promise<void> {
    return this.tell({ act: 'mail', to, count });
  }

  /** Documents on its printer's paper. */
  printed(): Promise<number> {
    return this.tell({ act: 'printed' });
  }

  kill(what: 'suite' | 'everything'): Promise<void> {
    return this.tell({ act: 'kill', what });
  }

  restart(): Promise<void> {
    return this.tell({ act: 'restart' });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    await this.tell({ act: 'stop' }).catch(() => undefined);
    if (this.child.connected) this.child.disconnect();
    await gone;
  }

  /** Rejects with what the site's process says. */
  private async tell<Result>(command: SiteCommand): Promise<Result> {
    this.lastId += 1;
    const id = this.lastId;
    const { promise, resolve } = Promise.withResolvers<SiteAnswer>();
    this.waiting.set(id, resolve);
    this.child.send({ id, command });
    const answer = await promise.finally(() => this.waiting.delete(id));
    if ('problem' in answer) throw new Error(`${this.name}: ${answer.problem}`);
    return answer.result as Result;
  }
}
