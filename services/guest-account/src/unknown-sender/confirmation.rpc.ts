import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { AnswerConfirmationRequest, ConfirmationService, ShowConfirmationRequest } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { verifyLink } from '@inkpost/secrets/signed-link.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { isWaitingId } from './waiting-id.js';
import type { WaitingSender } from './waiting-sender.js';
import type { WaitingSenderStore } from './waiting-sender.store.js';

/** A link of ours: who bears it, and about whom. `sender`: undefined where the sender is forgotten. */
interface Link {
  readonly asked: 'sender' | 'sponsor';
  /** The sponsor's address; empty for the sender. */
  readonly name: string;
  readonly sender: WaitingSender;
}

/** What the links answer that senders and sponsors are mailed. The signature is looked at before the database is asked. */
export class ConfirmationRpc implements ServiceImpl<typeof ConfirmationService> {
  constructor(
    private readonly store: WaitingSenderStore,
    private readonly masterKey: MasterKey,
    private readonly log: Log,
  ) {}

  async showConfirmation(request: ShowConfirmationRequest, context: HandlerContext) {
    callerOf(context);
    return { confirmation: toWire(await this.open(request)) };
  }

  async answerConfirmation({ approve, ...request }: AnswerConfirmationRequest, context: HandlerContext) {
    callerOf(context);
    const link = await this.open(request);
    if (typeof link === 'string') return { confirmation: toWire(link) };
    const { waitingId } = link.sender;
    const answered = await this.store.answer(waitingId, { state: approve ? 'approved' : 'rejected', by: link.asked, name: link.name });
    if (answered) this.log.info(approve ? 'unknown sender let in' : 'unknown sender refused', { waitingId, messages: answered.messages, by: link.asked });
    // As it is now: of two who answer at once the first one counts.
    return { confirmation: toWire(await this.open(request)) };
  }

  /** `expired`: a link of ours whose sender is forgotten. */
  private async open({ waitingId, proof }: Pick<ShowConfirmationRequest, 'waitingId' | 'proof'>): Promise<Link | 'unknown' | 'expired'> {
    const claim = isWaitingId(waitingId) ? verifyLink(this.masterKey, waitingId, proof) : undefined;
    if (!claim) return 'unknown';
    const sender = await this.store.find(waitingId);
    if (!sender) return claim.endsAt.getTime() < Date.now() ? 'expired' : 'unknown';
    const { place } = claim;
    const name = sender.sponsors[place - 1];
    if (place === 0 && sender.policy === 'confirm') return { asked: 'sender', name: '', sender };
    return name === undefined ? 'unknown' : { asked: 'sponsor', name, sender };
  }
}

function toWire(link: Link | 'unknown' | 'expired') {
  if (typeof link === 'string') return { state: link };
  const { asked, sender: { state, over, address, displayName, waitsUntil, messages } } = link;
  return {
    state: state === 'waiting' && over ? 'expired' : state, asked, address, displayName, waitsUntil: timestampFromDate(waitsUntil),
    subjects: messages.map(({ subject }) => subject), documents: messages.reduce((count, { fileNames }) => count + fileNames.length, 0),
  };
}
