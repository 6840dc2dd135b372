import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { DeliverRequest, ExchangeRequest, MasterMessage, ReplicationService } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { peerOf } from '../answer-servers/peer.js';
import type { FollowMaster } from '../apply-orders/follow-master.js';
import type { SlaveDesk } from '../deliver-orders/slave-desk.js';
import { HOLD_MS_MAX } from '../limits.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';
import type { KeepWaiting } from './keep-waiting.js';

export interface ReplicationServiceParts {
  readonly known: KnownDomain;
  readonly desk: SlaveDesk;
  readonly waiting: KeepWaiting;
  readonly follow: FollowMaster;
  /** This process ends. */
  readonly stopping: AbortSignal;
}

/** What other servers of the domain call: the master a slave, or a slave its master. Who calls, the certificate proves; what they say of themselves is not asked. */
export class ReplicationAnswers implements ServiceImpl<typeof ReplicationService> {
  constructor(private readonly parts: ReplicationServiceParts) {}

  async deliver({ message }: DeliverRequest, context: HandlerContext) {
    if (peerOf(context).role !== 'master') throw new ConnectError('Orders are taken of the master alone.', Code.PermissionDenied);
    if (!message) throw new ConnectError('The call bears no message.', Code.InvalidArgument);
    return { message: await this.parts.follow.obey(message, this.parts.stopping) };
  }

  async exchange({ message, holdMs }: ExchangeRequest, context: HandlerContext) {
    const { serverId } = peerOf(context);
    const { known, desk } = this.parts;
    if (!message) throw new ConnectError('The call bears no message.', Code.InvalidArgument);
    if (!known.current) await known.refresh();
    if (!known.isMaster || message.domainId !== known.current?.domainId) throw new ConnectError('This server is not the master of the domain.', Code.FailedPrecondition);
    if (!known.members.has(serverId)) await known.refresh();
    if (!desk.isOpen()) throw new ConnectError('The master has just started: try again in a moment.', Code.Unavailable);
    desk.hear(serverId, message);
    return { message: await this.nextFor(serverId, Date.now() + Math.min(holdMs, HOLD_MS_MAX), context.signal) };
  }

  /** What is to be said, as soon as there is something; a greeting where there was nothing until then. */
  private async nextFor(serverId: string, until: number, signal: AbortSignal): Promise<MasterMessage> {
    const { known, desk, waiting, stopping } = this.parts;
    const over = AbortSignal.any([signal, stopping]);
    for (;;) {
      const [domain, member] = [known.current, known.members.get(serverId)];
      if (!domain || !member || !desk.isOpen()) throw new ConnectError('This server is not the master of the domain, or the caller no member.', Code.FailedPrecondition);
      const { generation } = waiting;
      const { message, againInMs } = await desk.say(domain, member);
      if (message) return message;
      if (waiting.generation !== generation) continue;
      const left = until - Date.now();
      if (left <= 0 || over.aborted) return desk.greeting(domain);
      await waiting.wait(serverId, Math.min(left, againInMs ?? left), over);
    }
  }
}
