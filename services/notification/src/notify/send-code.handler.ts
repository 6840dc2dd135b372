import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { EventNotices } from '../notification-events/event-notices.js';
import { waitingValues } from '../notification-events/macro-values.js';
import type { EventName } from '../notification-events/notification-event.js';
import { MomentWriter } from '../templates/language.js';
import { CodeOpener } from './code-opener.js';

type Waiting = 'print.job-held.v1' | 'print.code-requested.v1';

/** Mails the code that releases what waits (SKY-005): one mail per message, to the address that the directory holds. Who has a PIN is told to use it. */
@Injectable()
export class SendCodeHandler implements FlowHandler<Waiting> {
  constructor(
    private readonly events: EventNotices,
    private readonly codes: CodeOpener,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<Waiting>): Promise<void> {
    const { messageId, owner, queueName, subject, jobs, refusedParts, sealedPuk, byPin, notices, jobHoldUntil } = message.payload;
    const code = byPin ? '' : this.codes.open(messageId, owner.address, sealedPuk);
    const heldUntil = timestampDate(jobHoldUntil);
    await this.events.tell(message, {
      event: eventOf(message.subject, byPin), kind: byPin ? 'waiting' : 'code', user: owner, notices, code,
      evidence: { documents: jobs.length, queue: queueName, jobHoldUntil: heldUntil.toISOString() },
      values: (language) => waitingValues({ code, queueName, subject, documents: jobs, refused: refusedParts, heldUntil }, this.moments, language),
    });
  }
}

function eventOf(subject: Waiting, byPin: boolean): EventName {
  if (subject === 'print.code-requested.v1') return 'code-requested';
  return byPin ? 'document-waiting-pin' : 'document-waiting';
}
