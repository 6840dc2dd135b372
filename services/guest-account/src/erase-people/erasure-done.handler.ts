import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { ErasureStore } from './erasure.store.js';

type Done = 'mail.account-erased.v1' | 'acceptance.account-erased.v1' | 'print.account-erased.v1' | 'notification.account-erased.v1' | 'statistics.account-erased.v1';

/** A service has erased what it kept of somebody: one line of the proof. */
@Injectable()
export class ErasureDoneHandler implements FlowHandler<Done> {
  constructor(private readonly erasures: ErasureStore) {}

  async handle(message: FlowMessage<Done>): Promise<void> {
    await this.erasures.noteDone(message);
  }
}
