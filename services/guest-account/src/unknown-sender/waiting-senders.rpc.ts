import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { AnswerWaitingSenderRequest, ListWaitingSendersRequest, WaitingSenderService } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../limits.js';
import { isWaitingId } from './waiting-id.js';
import type { WaitingSender } from './waiting-sender.js';
import type { WaitingSenderStore } from './waiting-sender.store.js';

const FIRST = { waitsSince: new Date(0), waitingId: '00000000-0000-0000-0000-000000000000' };

/** Unknown senders who wait to be let in, for administrators (SKY-071). */
export class WaitingSendersRpc implements ServiceImpl<typeof WaitingSenderService> {
  constructor(
    private readonly store: WaitingSenderStore,
    private readonly log: Log,
  ) {}

  async listWaitingSenders({ limit, cursor }: ListWaitingSendersRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    if (limit > PAGE_SIZE_MAX) throw invalidField('limit', `must be at most ${PAGE_SIZE_MAX}`);
    const pageSize = limit || PAGE_SIZE_DEFAULT;
    // One more than asked for tells whether there is a next page.
    const found = await this.store.list(cursor === '' ? FIRST : readCursor(cursor), pageSize + 1);
    const senders = found.slice(0, pageSize);
    const last = found.length > pageSize ? senders.at(-1) : undefined;
    return { senders: senders.map(toWire), nextCursor: last ? toCursor({ at: last.waitsSince, id: last.waitingId }) : '' };
  }

  async answerWaitingSender({ waitingId, approve }: AnswerWaitingSenderRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.add');
    const answered = isWaitingId(waitingId) ? await this.store.answer(waitingId, { state: approve ? 'approved' : 'rejected', by: 'administrator', name: actor }) : undefined;
    if (!answered) throw notFound('waiting sender', waitingId.slice(0, 64));
    this.log.info(approve ? 'unknown sender let in' : 'unknown sender refused', { waitingId, messages: answered.messages, actor });
    return answered;
  }
}

function toWire({ waitingId, address, displayName, policy, sponsors, waitsSince, waitsUntil, messages }: WaitingSender) {
  return {
    waitingId, address, displayName, policy, sponsors: [...sponsors], waitsSince: timestampFromDate(waitsSince), waitsUntil: timestampFromDate(waitsUntil),
    messages: messages.map((message) => ({ ...message, fileNames: [...message.fileNames], waitsSince: timestampFromDate(message.waitsSince) })),
  };
}

function readCursor(cursor: string): typeof FIRST {
  const place = fromCursor(cursor);
  if (!place) throw invalidField('cursor', 'must be the nextCursor of the page before');
  return { waitsSince: place.at, waitingId: place.id };
}
