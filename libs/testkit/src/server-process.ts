import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerMissing } from './server-missing.js';

const readyWithinMs = 30_000;
const stopWithinMs = 5_000;

/** The program's full path, also from the system folders that a user's PATH may lack; else {@link ServerMissing}. */
export function findServer(program: string, packages: readonly string[]): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  for (const folder of folders) {
    if (folder === '') continue;
    try {
      accessSync(join(folder, program), constants.X_OK);
      return join(folder, program);
    } catch {
      continue;
    }
  }
  throw new ServerMissing(program, packages);
}

/** A server in the foreground, ended with TERM (then KILL) by its own pid. */
export class ServerProcess {
  private lastWords = '';

  private constructor(private readonly child: ChildProcess) {
    const note = (chunk: Buffer): void => {
      this.lastWords = (this.lastWords + chunk.toString()).slice(-2_000);
    };
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
  }

  /** Starts it and waits until `isReady`; throws with the server's last words when it ends or takes too long. */
  static async start(
    path: string,
    parameters: readonly string[],
    environment: NodeJS.ProcessEnv,
    isReady: () => Promise<boolean>,
  ): Promise<ServerProcess> {
    const child = spawn(path, parameters, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new ServerProcess(child);
    const failed = once(child, 'error').then(([error]: unknown[]) => error);
    const deadline = Date.now() + readyWithinMs;
    while (!(await isReady())) {
      const error = await Promise.race([failed, sleep(20)]);
      if (error !== undefined || child.exitCode !== null || Date.now() > deadline) {
        await server.stop();
        throw new Error(`${path} did not start: ${server.lastWords}`, { cause: error });
      }
    }
    return server;
  }

  async stop(): Promise<void> {
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const killer = setTimeout(() => this.child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(killer);
  }
}

/** Whether something listens on that port (of 127.0.0.1) or Unix socket. */
export function answers(target: { readonly port: number } | { readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', ...target });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
