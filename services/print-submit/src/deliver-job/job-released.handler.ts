import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { SentJobs } from '../send-job/sent-jobs.js';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';
import { Deliveries } from './deliveries.js';

/** A release only wakes the loop of its printer, or that of the other server: the jobs are in the database already, and a stuck printer must not hold a message. */
@Injectable()
export class JobReleasedHandler implements FlowHandler<'print.job-released.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly deliveries: Deliveries,
    private readonly sentJobs: SentJobs,
  ) {}

  async handle(message: FlowMessage<'print.job-released.v1'>): Promise<void> {
    const { queueId } = message.payload;
    if (queueId === SENT_QUEUE_ID) this.sentJobs.wake();
    else this.deliveries.wake(queueId);
    this.flow.closeLater(message);
  }
}
