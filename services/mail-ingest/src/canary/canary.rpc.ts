import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { CanarySchema, CanaryService, GetCanariesRequest, ScheduleCanaryRequest, SendCanaryRequest } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { CANARY_MINUTES_MAX, CANARY_MINUTES_MIN, CANARY_PAUSE_MS } from '../limits.js';
import type { MailboxFinder } from '../mailboxes/mailbox-finder.js';
import { type Canary, canaryState, describeCanary, latencyMs, mailedAt } from './canary.js';
import type { CanaryStore } from './canary.store.js';

/** Canaries, for administrators. */
export class CanaryRpc implements ServiceImpl<typeof CanaryService> {
  constructor(
    private readonly store: CanaryStore,
    private readonly mailboxes: MailboxFinder,
    private readonly log: Log,
  ) {}

  async sendCanary({ mailboxId }: SendCanaryRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { id, settings: { address, enabled } } = await this.mailboxes.existing(mailboxId);
    if (!enabled) throw new ConnectError('The mailbox is disabled: nothing comes in, a canary neither. Enable it first.', Code.FailedPrecondition);
    const canary = await this.store.request({ mailboxId: id, address }, actor);
    if (!canary) throw new ConnectError(`A canary was sent to this mailbox just now. Wait ${CANARY_PAUSE_MS / 1_000} seconds before the next one.`, Code.ResourceExhausted);
    return { canary: toWire(canary, new Date()) };
  }

  async getCanaries({ mailboxId }: GetCanariesRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const { id } = await this.mailboxes.existing(mailboxId);
    const [everyMinutes, canaries] = await Promise.all([this.store.everyMinutes(id), this.store.list(id)]);
    const now = new Date();
    return { everyMinutes, canaries: canaries.map((canary) => toWire(canary, now)) };
  }

  async scheduleCanary({ mailboxId, everyMinutes }: ScheduleCanaryRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { id, settings: { address } } = await this.mailboxes.existing(mailboxId);
    if (everyMinutes !== 0 && (everyMinutes < CANARY_MINUTES_MIN || everyMinutes > CANARY_MINUTES_MAX)) {
      throw invalidField('everyMinutes', `must be a number from ${CANARY_MINUTES_MIN} to ${CANARY_MINUTES_MAX}, or none at all`);
    }
    await this.store.schedule(id, everyMinutes);
    this.log.info('canary schedule changed', { mailboxId: id, address, everyMinutes, actor });
    return { everyMinutes };
  }
}

function toWire(canary: Canary, now: Date): MessageInitShape<typeof CanarySchema> {
  const { id: canaryId, requestedBy, requestedAt, receivedAt } = canary;
  const mailed = mailedAt(canary);
  return {
    canaryId,
    state: canaryState(canary, now),
    text: describeCanary(canary, now),
    requestedBy,
    requestedAt: timestampFromDate(requestedAt),
    ...(mailed ? { mailedAt: timestampFromDate(mailed) } : {}),
    ...(receivedAt ? { receivedAt: timestampFromDate(receivedAt), latencyMs: Math.round(latencyMs({ requestedAt, receivedAt })) } : {}),
  };
}
