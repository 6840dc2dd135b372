import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { EventNotices } from '../notification-events/event-notices.js';
import { documentValues } from '../notification-events/macro-values.js';
import { MomentWriter } from '../templates/language.js';

/** Tells an owner that a job was printed, where that is wanted: whoever released it usually stands at the printer. */
@Injectable()
export class JobCompletedHandler implements FlowHandler<'print.job-completed.v1'> {
  constructor(
    private readonly events: EventNotices,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<'print.job-completed.v1'>): Promise<void> {
    const { owner, queueName, job, notices, completedAt } = message.payload;
    await this.events.tell(message, {
      event: 'printed', kind: 'completed', user: owner, notices, document: job.jobId,
      values: (language) => ({ ...documentValues([job], queueName, language), $WHEN: this.moments.write(timestampDate(completedAt), language) }),
    });
  }
}
