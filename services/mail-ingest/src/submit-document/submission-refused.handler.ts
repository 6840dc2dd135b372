import { Injectable } from '@nestjs/common';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { type Refused, SubmissionStore } from './submission.store.js';

/** No job is made of a document: whoever handed it in is told when they ask. */
@Injectable()
export class SubmissionRefusedHandler implements FlowHandler<'acceptance.submission-refused.v1'>, FlowHandler<'account.submission-refused.v1'>, FlowHandler<'print.submission-refused.v1'> {
  constructor(private readonly store: SubmissionStore) {}

  async handle(message: Refused): Promise<void> {
    await this.store.noteRefusal(message);
  }
}
