import { Injectable } from '@nestjs/common';
import { CauseDown, TransientFailure } from '@inkpost/failure/failure.js';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { Standings } from '../balances/standings.js';
import { ReleasedJobs } from '../deliver-job/released-jobs.js';
import { FormerAccountStore } from '../follow-account/former-account.store.js';
import { wantedOptions } from '../serve-programs/wanted-options.js';
import { isDoubleOf, isOvertaken } from '../print-job/statement-errors.js';
import { PrintMetrics } from '../print-metrics.js';
import { SentJobStore } from '../send-job/sent-job.store.js';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';
import type { DecidedFinishing } from '../finishing/finishing.js';
import { factsOf, journeyOf } from './held-facts.js';
import { HoldStore } from './hold.store.js';
import { KnownSettings } from './known-settings.js';
import { areLimited, filterDocuments, type JobPlan, limitJobs, planJobs, type PlannedJob } from './plan-jobs.js';
import { PukIssuer } from './puk.js';

type OwnerResolved = FlowMessage<'account.owner-resolved.v1'>;

/** A queue or other settings changed, or a code was another account's: even with a million live codes a second try is a rarity. */
const TRIES_MAX = 5;

/** Documents with an owner become jobs: held under a new code on a queue with validation, else released at once; or another server's, where one is set. */
@Injectable()
export class OwnerResolvedHandler implements FlowHandler<'account.owner-resolved.v1'> {
  constructor(
    private readonly store: HoldStore,
    private readonly settings: KnownSettings,
    private readonly puks: PukIssuer,
    private readonly formerAccounts: FormerAccountStore,
    private readonly metrics: PrintMetrics,
    private readonly standings: Standings,
    private readonly sentJobs: SentJobStore,
    private readonly released: ReleasedJobs,
  ) {}

  async handle(received: OwnerResolved): Promise<void> {
    let message = received;
    const { queueId, mailboxId } = message.payload;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const settings = await this.settings.find(queueId, mailboxId);
      const { queue, finishing, sending } = settings;
      // What came through the Print API was sent here: two servers that send to each other would pass it on for ever.
      const server = message.payload.submissions.length === 0 ? sending.server : undefined;
      if (!server && !queue) return this.waitForQueue(message, finishing);
      const jobs = server || !queue ? undefined : await this.planJobs(message, { ...settings, queue });
      try {
        if (jobs) await this.hold(message, jobs, sending.revision);
        else if (server) {
          await this.sentJobs.take(message, finishing, { server, revision: sending.revision });
          this.released.wake(SENT_QUEUE_ID);
        }
        return;
      } catch (error) {
        if (isDoubleOf(error, 'puk_pkey')) continue;
        if (!isOvertaken(error)) throw error;
        this.settings.forget([queueId, ...(jobs?.planned ?? []).map(({ decision }) => decision.queueId)], mailboxId);
        const former = await this.formerAccounts.find(message.payload.owner.accountId);
        if (former?.kind === 'erased') return this.store.refuseErased(message);
        if (former) message = { ...message, payload: { ...message.payload, owner: { ...message.payload.owner, ...former.owner } } };
      }
    }
    throw new TransientFailure('print.settings-changing', `The queue "${queueId}" or other settings changed while jobs were made.`);
  }

  /** What becomes of each document, by filters, and for those that nobody will release by their owner's limits. */
  private async planJobs({ payload: { documents, owner, ownerGroups, submissions } }: OwnerResolved, settings: Pick<JobPlan, 'queue' | 'finishing' | 'charging'>): Promise<{ readonly plan: JobPlan; readonly planned: PlannedJob[] }> {
    const plan: JobPlan = { ...settings, options: wantedOptions(submissions[0]?.options, settings.finishing), owner, groups: ownerGroups, now: new Date() };
    const decisions = filterDocuments(documents, plan);
    const elsewhere = decisions.map(({ queueId }) => queueId).filter((queueId) => queueId !== plan.queue.queueId);
    const queues = elsewhere.length === 0 ? undefined : await this.settings.findQueues([...new Set(elsewhere)]);
    const planned = planJobs(documents, decisions, plan, (queueId) => queues?.get(queueId));
    const limited = areLimited(planned);
    if (limited.length === 0) return { plan, planned };
    return { plan, planned: limitJobs(planned, await this.standings.decide(owner.accountId, ownerGroups, limited, plan.charging)) };
  }

  private async hold(message: OwnerResolved, { plan, planned }: { readonly plan: JobPlan; readonly planned: readonly PlannedJob[] }, sendingRevision: number): Promise<void> {
    const { messageId, owner } = message.payload;
    const code = (await this.needsCode(message, planned)) ? this.puks.issue(messageId, owner.address) : undefined;
    const handled = await this.store.hold({
      message, jobs: planned, plan, sendingRevision, codeHash: code?.codeHash,
      entries: journeyOf(planned, plan.queue, plan.options, plan.charging.currency), publish: await this.settings.withNotices(factsOf(message, planned, code?.sealedPuk), plan.groups),
    });
    if (handled) this.count(planned);
  }

  /** Who has a PIN is told to use it, wherever that releases what is held; who has none, to have one set where codes release nothing. */
  private async needsCode({ payload: { ownerHasPin } }: OwnerResolved, planned: readonly PlannedJob[]): Promise<boolean> {
    const queueIds = planned.flatMap(({ queue, fate }) => (fate.kind === 'held' ? [queue.queueId] : []));
    return queueIds.length > 0 && this.settings.needCode(queueIds, ownerHasPin);
  }

  private count(jobs: readonly PlannedJob[]): void {
    for (const { queue: { queueId }, fate } of jobs) {
      if (fate.kind === 'held') this.metrics.countHeld(queueId, 1);
      else if (fate.kind === 'released') this.released.note(queueId, 'queue', 1);
      else this.metrics.countAborted(queueId, fate.reason);
    }
  }

  /**
   * The mailbox names a queue that doesn't exist (any more). The message waits, visibly in its journey and among the troubled
   * messages, until an administrator makes the queue; it is given up once its documents are no longer kept.
   */
  private async waitForQueue(message: OwnerResolved, finishing: DecidedFinishing): Promise<void> {
    const { queueId, documents } = message.payload;
    if (await this.store.areKept(documents.map(({ documentId }) => documentId))) {
      throw new CauseDown('print.queue-unknown', `There is no queue "${queueId}": create it, and the message goes on by itself.`, { fields: { queueId } });
    }
    await this.store.giveUp(message, finishing, 'queue-unknown', `There was no queue "${queueId}" to print on for as long as the document was kept.`);
  }
}
