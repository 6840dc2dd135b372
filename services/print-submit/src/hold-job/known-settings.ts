import type { Publication } from '@inkpost/flow/flow-client.js';
import type { DecidedFinishing } from '../finishing/finishing.js';
import type { FinishingStore } from '../finishing/finishing.store.js';
import type { Charging } from '../tariffs/charging.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import type { QueueNotices } from '../queue-notices/queue-notices.js';
import type { KnownQueue, KnownQueues } from '../queues/known-queues.js';
import type { SendingConfiguration, SendingServerStore } from '../sending-server/sending-server.store.js';

/** By what the jobs of a message are made. */
interface JobSettings {
  /** Undefined: there is no such queue. */
  readonly queue: KnownQueue | undefined;
  readonly finishing: DecidedFinishing;
  readonly charging: Charging;
  /** The server that prints what mails bring instead of this one, if one is set. */
  readonly sending: SendingConfiguration;
}

/**
 * Queues, finishing options, tariffs and filters, kept in memory so that a step needs no question of its own. The statement that makes jobs of them
 * names what it relies on and is refused when that is old: a change holds for the very next job.
 */
export class KnownSettings {
  private readonly finishing = new Map<string, DecidedFinishing>();
  private sending: SendingConfiguration | undefined;

  constructor(
    private readonly queues: KnownQueues,
    private readonly options: FinishingStore,
    private readonly charging: KnownCharging,
    private readonly notices: QueueNotices,
    private readonly sendingServers: Pick<SendingServerStore, 'load'>,
  ) {}

  async find(queueId: string, mailboxId: string): Promise<JobSettings> {
    const sending = (this.sending ??= await this.sendingServers.load());
    return { queue: await this.queues.find(queueId), finishing: await this.findFinishing(mailboxId), charging: await this.charging.current(), sending };
  }

  /** Those of these queues that there are, by their identifiers: where filters send to. */
  async findQueues(queueIds: readonly string[]): Promise<ReadonlyMap<string, KnownQueue>> {
    const queues = await Promise.all(queueIds.map((queueId) => this.queues.find(queueId)));
    return new Map(queues.flatMap((queue) => (queue ? [[queue.askedId, queue] as const] : [])));
  }

  /** Whether the owner of what is held on these queues is mailed a code. */
  needCode(queueIds: readonly string[], ownerHasPin: boolean): Promise<boolean> {
    return this.notices.needCode(queueIds, ownerHasPin);
  }

  /** Facts with what the groups of their queues say about notices, and what an owner in these groups has left. */
  withNotices(publications: readonly Publication[], ownerGroups: readonly string[]): Promise<Publication[]> {
    return this.notices.addTo(publications, ownerGroups);
  }

  /** The copies turned out to be old. */
  forget(queueIds: readonly string[], mailboxId: string): void {
    for (const queueId of queueIds) this.queues.forget(queueId);
    this.charging.forget();
    this.sending = undefined;
    this.finishing.delete(mailboxId);
  }

  private async findFinishing(mailboxId: string): Promise<DecidedFinishing> {
    const known = this.finishing.get(mailboxId) ?? (await this.options.decide(mailboxId));
    this.finishing.set(mailboxId, known);
    return known;
  }
}
