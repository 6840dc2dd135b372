import { setTimeout as pause } from 'node:timers/promises';
import { asFailure, type Failure } from '@inkpost/failure/failure.js';
import type { WatchStateName } from '../mailboxes/mailbox.js';
import { FOLDER_MISSING, NEEDS_ASSOCIATION, SERVER_UNREACHABLE } from '../ports/mail-source.port.js';
import type { OpenableMailbox, OpenMailbox } from './open-mailbox.js';
import { retryDelayMs } from './retry-delay.js';
import { serverNameOf } from './server-returns.js';
import { type IntakeServices, SourceIntake } from './source-intake.js';

export interface WatchState {
  readonly state: WatchStateName;
  /** One sentence; empty when healthy. */
  readonly problem: string;
  readonly nextTryAt?: Date;
}

/** Watches one mailbox, on its own: what happens to it touches no other one. */
export class MailboxWatcher {
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;
  private current: WatchState = { state: 'connecting', problem: '' };

  constructor(
    private readonly mailbox: OpenableMailbox,
    private readonly openMailbox: OpenMailbox,
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
    this.report({ state: 'connecting', problem: this.current.problem });
    this.mailbox.trace?.('-- connecting');
    const source = await this.openMailbox(this.mailbox, signal);
    this.services.returns.announce(serverNameOf(this.mailbox.settings));
    const state = source.announces ? 'connected' : 'polling';
    const close = (): void => void source.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      const intake = new SourceIntake(source, this.mailbox, this.services, signal);
      this.report({ state, problem: '' });
      await intake.reconcile();
      onConnected();
      while (!signal.aborted) {
        this.report({ state, problem: intake.leftover });
        const existsAt = await source.waitForMail();
        if (existsAt === undefined) await intake.look();
        else await intake.takeNew(existsAt);
      }
    } finally {
      signal.removeEventListener('abort', close);
      await source.close();
    }
  }

  private async waitAfter(failure: Failure, failures: number): Promise<void> {
    const delayMs = retryDelayMs(failure.code, failures, Math.random());
    this.mailbox.trace?.(`-- ${failure.message} Tried again in ${Math.round(delayMs / 1_000)} seconds.`);
    this.services.log.warning('mailbox not watched, tried again', { mailbox: this.mailbox.settings.address, delayMs, error: failure });
    this.report({ state: stateAfter(failure), problem: failure.message, nextTryAt: new Date(Date.now() + delayMs) });
    // Ends early when the watcher is stopped.
    const { signal } = this.stopping;
    if (failure.code === SERVER_UNREACHABLE) await this.services.returns.wait(serverNameOf(this.mailbox.settings), delayMs, signal);
    else await pause(delayMs, undefined, { signal }).catch(() => undefined);
  }

  private report(next: WatchState): void {
    const { state, problem, nextTryAt } = this.current;
    if (next.state === state && next.problem === problem && next.nextTryAt?.getTime() === nextTryAt?.getTime()) return;
    this.current = next;
    this.onChange();
  }
}

function stateAfter({ code }: Failure): WatchStateName {
  switch (code) {
    case FOLDER_MISSING:
      return 'folder-missing';
    case NEEDS_ASSOCIATION:
      return 'needs-association';
    default:
      return 'waiting';
  }
}
