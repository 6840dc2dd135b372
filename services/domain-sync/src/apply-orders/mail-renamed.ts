import { NotificationEventService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { Owners } from '../call-owner/owners.js';
import { MAIL_RENAMED_AGAIN_MS } from '../limits.js';
import type { TakenOrderStore } from './taken-order.store.js';

export interface MailRenamedParts {
  readonly store: Pick<TakenOrderStore, 'takeUnmailed' | 'mailed'>;
  readonly owners: Owners;
  readonly serverName: () => Promise<string>;
  readonly log: Log;
}

const STOP_MS = 1_000;
const DONE: readonly string[] = ['told', 'told-before', 'off'];

/** The administrators of a slave are told of each object of theirs that stepped aside for one of the master's: once, as soon as a mail can be sent, where they want it. */
export class MailRenamed {
  private readonly round: RepeatedRound;

  constructor(private readonly parts: MailRenamedParts) {
    this.round = new RepeatedRound({ everyMs: MAIL_RENAMED_AGAIN_MS, act: () => this.tell(), onError: (error) => parts.log.info('objects that stepped aside not mailed, tried again', { error }) });
  }

  /** One has just stepped aside. */
  now(): void {
    this.round.now();
  }

  onApplicationBootstrap(): void {
    this.round.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.round.stop(STOP_MS);
  }

  private async tell(): Promise<void> {
    const { store, owners, serverName, log } = this.parts;
    const server = await serverName();
    const notification = owners.client(NotificationEventService, 'notification');
    for (const { kind, name, renamedLocal, occasionId } of await store.takeUnmailed(MAIL_RENAMED_AGAIN_MS)) {
      const { outcome, answer } = await notification.tellObjectRenamed({ occasionId, server, object: `${kind.replaceAll('-', ' ')} "${name}"`, renamed: renamedLocal });
      if (DONE.includes(outcome)) await store.mailed(occasionId);
      else log.warning('object that stepped aside not mailed, tried again', { kind, name, renamedLocal, answer });
    }
  }
}
