import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { EventNotices } from '../notification-events/event-notices.js';
import { documentValues } from '../notification-events/macro-values.js';
import { MomentWriter } from '../templates/language.js';

/** Reminds an owner of documents that will soon expire. */
@Injectable()
export class JobExpiringHandler implements FlowHandler<'print.job-expiring.v1'> {
  constructor(
    private readonly events: EventNotices,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<'print.job-expiring.v1'>): Promise<void> {
    const { owner, queueName, jobs, notices, jobHoldUntil } = message.payload;
    const heldUntil = timestampDate(jobHoldUntil);
    await this.events.tell(message, {
      event: 'expiring', kind: 'expiring', user: owner, notices, evidence: { documents: jobs.length, jobHoldUntil: heldUntil.toISOString() },
      values: (language) => ({ ...documentValues(jobs, queueName, language), $UNTIL: this.moments.write(heldUntil, language) }),
    });
  }
}
