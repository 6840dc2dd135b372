import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { FLOW } from '@inkpost/flow/flow.js';
import { RecordChange } from './record-change.js';
import { isScheduled } from './scheduled-kinds.js';

type Subject = 'print.object-changed.v1' | 'account.object-changed.v1' | 'notification.object-changed.v1';

/** An owner changed what it shares: the log says so from now on. A server that is no master has nobody to tell, and what goes by a schedule waits for its time: the message ends here. */
@Injectable()
export class ObjectChangedHandler implements FlowHandler<Subject> {
  constructor(private readonly changes: RecordChange) {}

  async handle({ id, subject, journeyId, payload: { kind, objectId } }: FlowMessage<Subject>): Promise<void> {
    const message = { id };
    const handled = { journeyId, entries: [], publish: [] };
    await this.changes.record(FLOW[subject].from, { kind, objectId }, 'change', async (transaction) => (await transaction.step(message, handled)) && !isScheduled(kind));
  }
}
