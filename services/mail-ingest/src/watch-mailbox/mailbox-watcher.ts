import { setTimeout as pause } from 'node:timers/promises';
import { asFailure, type Failure } from '@inkpost/failure/failure.js';
import type { OpenFolder } from '../ports/mail-folder.port.js';
import { FolderIntake, type IntakeServices, type WatchedMailbox } from './folder-intake.js';
import { retryDelayMs } from './retry-delay.js';

export interface WatchState {
  readonly state: 'connecting' | 'connected' | 'failing';
  /** One sentence; empty when healthy. */
  readonly problem: string;
  readonly nextTryAt?: Date;
}

/** With its password, opened only when it is needed. */
export interface OpenableMailbox extends WatchedMailbox {
  readonly password: () => string;
}

/** Watches one mailbox, on its own: what happens to it touches no other one. */
export class MailboxWatcher {
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;
  private current: WatchState = { state: 'connecting', problem: '' };

  constructor(
    private readonly mailbox: OpenableMailbox,
    private readonly openFolder: OpenFolder,
    private readonly services: IntakeServices,
    private readonly onChange: () => void,
  ) {
    this.ended = this.run();
  }

  get state(): WatchState {
    return this.current;
  }

  /** Resolves when what is under way is finished. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await this.session(() => {
          failures = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        await this.waitAfter(asFailure(error), Math.max(failures, 1));
      }
    }
  }

  /** From connecting until the connection is lost; `onConnected`: the folder is open and caught up with. */
  private async session(onConnected: () => void): Promise<void> {
    const { signal } = this.stopping;
    const { settings, password } = this.mailbox;
    this.report({ state: 'connecting', problem: this.current.problem });
    const { afterProcessing, processedFolder } = settings;
    const folder = await this.openFolder({ ...settings.imap, password: password(), afterProcessing, processedFolder }, signal);
    const close = (): void => void folder.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      const intake = new FolderIntake(folder, this.mailbox, this.services);
      this.report({ state: 'connected', problem: '' });
      await intake.reconcile();
      onConnected();
      while (!signal.aborted) {
        this.report({ state: 'connected', problem: intake.leftover });
        const existsAt = await folder.waitForMail();
        if (existsAt === undefined) await intake.look();
        else await intake.takeNew(existsAt);
      }
    } finally {
      signal.removeEventListener('abort', close);
      await folder.close();
    }
  }

  private async waitAfter(failure: Failure, failures: number): Promise<void> {
    const delayMs = retryDelayMs(failure.code, failures, Math.random());
    this.services.log.warning('mailbox not watched, tried again', { mailbox: this.mailbox.settings.address, delayMs, error: failure });
    this.report({ state: 'failing', problem: failure.message, nextTryAt: new Date(Date.now() + delayMs) });
    // Ends early when the watcher is stopped.
    await pause(delayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private report(next: WatchState): void {
    const { state, problem, nextTryAt } = this.current;
    if (next.state === state && next.problem === problem && next.nextTryAt?.getTime() === nextTryAt?.getTime()) return;
    this.current = next;
    this.onChange();
  }
}
