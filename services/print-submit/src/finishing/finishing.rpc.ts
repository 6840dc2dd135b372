import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { Finishing as WireFinishing, FinishingService, GetFinishingRequest, PutFinishingRequest } from '@inkpost/contracts/admin/v1/print_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { checkFinishing, type Finishing } from './finishing.js';
import { type FinishingStore, GENERAL } from './finishing.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** How jobs look on paper, for administrators (SKY-061..063, SKY-088, SKY-089). */
export class FinishingRpc implements ServiceImpl<typeof FinishingService> {
  constructor(
    private readonly store: FinishingStore,
    private readonly log: Log,
  ) {}

  getFinishing = async ({ mailboxId }: GetFinishingRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return this.store.show(checkedMailboxId(mailboxId));
  };

  putFinishing = async (request: PutFinishingRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'configuration.write');
    const mailboxId = checkedMailboxId(request.mailboxId);
    await this.change(mailboxId, request, actor);
    this.log.info('finishing options changed', { mailboxId, usesDefault: request.useDefault, actor });
    return this.store.show(mailboxId);
  };

  private change(mailboxId: string, { useDefault, finishing }: PutFinishingRequest, actor: string): Promise<void> {
    if (mailboxId === GENERAL && useDefault) throw invalidField('useDefault', 'only a mailbox can follow the general options');
    if (useDefault) return this.store.follow(mailboxId, actor);
    if (mailboxId !== GENERAL && !finishing) return this.store.stopFollowing(mailboxId, actor);
    return this.store.put(mailboxId, checked(finishing), actor);
  }
}

function checkedMailboxId(mailboxId: string): string {
  if (mailboxId !== GENERAL && !UUID.test(mailboxId)) throw invalidField('mailboxId', 'must be the id of a mailbox, or empty for the general options');
  return mailboxId;
}

function checked(wanted: WireFinishing | undefined): Finishing {
  if (!wanted) throw invalidField('finishing', 'is missing');
  const finishing = checkFinishing(wanted);
  if ('reason' in finishing) throw invalidField(finishing.field, finishing.reason);
  return finishing;
}
