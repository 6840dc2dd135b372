import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { asFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { DEVICE_POLL_IDLE_MS, DEVICE_POLL_SECONDS } from '../limits.js';
import { AUTHORITY_UNREACHABLE, type Authority, type Tokens } from '../ports/authority.port.js';
import type { Associations } from './associations.js';
import type { Attempt, AttemptsStore } from './attempts.store.js';

/** Asks authorities whether device codes were confirmed (RFC 8628, 3.4), as often as they want. Goes on where a killed replica stopped. */
export class DeviceAssociations implements OnApplicationBootstrap, OnModuleDestroy {
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;

  constructor(
    private readonly attempts: AttemptsStore,
    private readonly associations: Associations,
    private readonly authority: Authority,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.loop;
  }

  /** Another one was begun. */
  notice(): void {
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const waiting = Promise.withResolvers<void>();
      this.wake = waiting.resolve;
      const timer = setTimeout(waiting.resolve, await this.round());
      await waiting.promise;
      clearTimeout(timer);
    }
  }

  /** Gives how long to wait until the next one. */
  private async round(): Promise<number> {
    try {
      const due = await this.attempts.claimDue();
      await Promise.all(due.map((attempt) => this.ask(attempt)));
      const next = await this.attempts.nextDue();
      return next ? Math.max(next.getTime() - Date.now(), 0) : DEVICE_POLL_IDLE_MS;
    } catch (error) {
      this.log.warning('device codes not followed, tried again', { error });
      return DEVICE_POLL_SECONDS * 1_000;
    }
  }

  private async ask(attempt: Attempt): Promise<void> {
    const mailbox = await this.associations.mailbox(attempt.mailboxId);
    let answer: Tokens | 'pending' | 'slower' | undefined;
    let failure: unknown;
    try {
      answer = mailbox && (await this.authority.askForDevice(mailbox.client, attempt.proof));
    } catch (error) {
      failure = error;
    }
    // RFC 8628, 3.5: five seconds more each time; one that does not answer is asked again as well.
    if (answer === 'pending' || (failure !== undefined && asFailure(failure).code === AUTHORITY_UNREACHABLE)) return this.attempts.askLater(attempt.id, 0);
    if (answer === 'slower') return this.attempts.askLater(attempt.id, DEVICE_POLL_SECONDS);
    // It was called off or replaced while the authority was asked.
    if (!(await this.attempts.end(attempt.id))) return;
    await this.associations.finish(attempt, async () => {
      if (answer === undefined) throw failure;
      return answer;
    });
  }
}
