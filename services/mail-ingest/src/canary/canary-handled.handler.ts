import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { CanaryMetrics } from './canary-metrics.js';
import { CanaryStore } from './canary.store.js';

/** Writes down whether a canary mail was sent. */
@Injectable()
export class CanaryHandledHandler implements FlowHandler<'notification.canary-handled.v1'> {
  constructor(
    private readonly store: CanaryStore,
    private readonly metrics: CanaryMetrics,
  ) {}

  async handle(message: FlowMessage<'notification.canary-handled.v1'>): Promise<void> {
    const { canaryId, mailed, answer, handledAt } = message.payload;
    const isNews = await this.store.noteHandled(message, message.journeyId, canaryId, { mailed, at: timestampDate(handledAt), answer });
    if (isNews && !mailed) this.metrics.count('not-sent');
  }
}
