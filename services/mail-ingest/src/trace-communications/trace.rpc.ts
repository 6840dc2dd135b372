import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  GetTraceRequest, ReadTraceLogRequest, StartTraceRequest, StopTraceRequest, TraceSchema, TraceService,
} from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { TRACE_MINUTES_DEFAULT, TRACE_MINUTES_MAX } from '../limits.js';
import type { MailboxFinder } from '../mailboxes/mailbox-finder.js';
import type { Trace, TraceStore } from './trace.store.js';

const MINUTE_MS = 60_000;

export interface TraceRpcParts {
  readonly store: TraceStore;
  readonly mailboxes: MailboxFinder;
  /** Called after each change: what talks here follows it at once. */
  readonly onChange: () => Promise<void>;
  readonly log: Log;
}

/** Traced conversations, for administrators (SKY-108). They show who writes to whom: that is for whoever may diagnose. */
export class TraceRpc implements ServiceImpl<typeof TraceService> {
  constructor(private readonly parts: TraceRpcParts) {}

  async startTrace({ mailboxId, until: wanted }: StartTraceRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'diagnostics');
    const { id, settings: { address } } = await this.parts.mailboxes.existing(mailboxId);
    const until = wanted ? timestampDate(wanted) : new Date(Date.now() + TRACE_MINUTES_DEFAULT * MINUTE_MS);
    const remainingMs = until.getTime() - Date.now();
    if (!(remainingMs > 0)) throw invalidField('until', 'must be a time to come');
    // A request takes its time, and clocks differ.
    if (remainingMs > (TRACE_MINUTES_MAX + 1) * MINUTE_MS) throw invalidField('until', `must be at most ${TRACE_MINUTES_MAX / 60} hours from now`);
    await this.parts.store.start(id, until, actor);
    return this.changed('mailbox traced', { mailboxId: id, address, until, actor });
  }

  async stopTrace({ mailboxId }: StopTraceRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'diagnostics');
    const { id, settings: { address } } = await this.parts.mailboxes.existing(mailboxId);
    await this.parts.store.stop(id);
    return this.changed('mailbox no longer traced', { mailboxId: id, address, actor });
  }

  async getTrace({ mailboxId }: GetTraceRequest, context: HandlerContext) {
    authorize(context, 'diagnostics');
    return this.answer((await this.parts.mailboxes.existing(mailboxId)).id);
  }

  async readTraceLog({ mailboxId }: ReadTraceLogRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'diagnostics');
    const { id, settings: { address } } = await this.parts.mailboxes.existing(mailboxId);
    this.parts.log.info('traced conversation read', { mailboxId: id, address, actor });
    return { log: await this.parts.store.read(id) };
  }

  private async changed(event: string, facts: { readonly mailboxId: string; readonly address: string; readonly until?: Date; readonly actor: string }) {
    this.parts.log.info(event, facts);
    await this.parts.onChange();
    return this.answer(facts.mailboxId);
  }

  private async answer(mailboxId: string) {
    const trace = await this.parts.store.find(mailboxId);
    return { trace: trace ? toWire(trace) : {} };
  }
}

function toWire({ startedAt, until, startedBy, active, sizeBytes }: Trace): MessageInitShape<typeof TraceSchema> {
  return { startedAt: timestampFromDate(startedAt), until: timestampFromDate(until), startedBy, active, sizeBytes };
}
