import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { CauseDown, TransientFailure } from '@inkpost/failure/failure.js';
import type { FlowMessage, Publication } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { FormerAccountStore } from '../follow-account/former-account.store.js';
import { isDoubleOf, isOvertaken } from '../print-job/statement-errors.js';
import { PrintMetrics } from '../print-metrics.js';
import type { DecidedFinishing } from '../finishing/finishing.js';
import { optionsEvidence } from '../finishing/options-evidence.js';
import type { KnownQueue } from '../queues/known-queues.js';
import { decideHold, type Hold } from './decide-hold.js';
import { HoldStore } from './hold.store.js';
import { KnownSettings } from './known-settings.js';
import { PukIssuer } from './puk.js';

type OwnerResolved = FlowMessage<'account.owner-resolved.v1'>;

/** A queue or the finishing options changed, or a code was another account's: even with a million live codes a second try is a rarity. */
const TRIES_MAX = 5;

/** Documents with an owner become jobs: held under a new code on a queue with validation, else released at once. */
@Injectable()
export class OwnerResolvedHandler implements FlowHandler<'account.owner-resolved.v1'> {
  constructor(
    private readonly store: HoldStore,
    private readonly settings: KnownSettings,
    private readonly puks: PukIssuer,
    private readonly formerAccounts: FormerAccountStore,
    private readonly metrics: PrintMetrics,
  ) {}

  async handle(received: OwnerResolved): Promise<void> {
    let message = received;
    const { queueId, mailboxId, documents } = message.payload;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const { queue, finishing } = await this.settings.find(queueId, mailboxId);
      if (!queue) return this.waitForQueue(message, finishing);
      try {
        const handled = await this.hold(message, queue, finishing);
        if (handled) this.count(queue, documents.length);
        return;
      } catch (error) {
        if (isDoubleOf(error, 'puk_pkey')) continue;
        if (!isOvertaken(error)) throw error;
        this.settings.forget(queueId, mailboxId);
        const former = await this.formerAccounts.find(message.payload.owner.accountId);
        if (former?.kind === 'erased') return this.store.refuseErased(message);
        if (former) message = { ...message, payload: { ...message.payload, owner: { ...message.payload.owner, ...former.owner } } };
      }
    }
    throw new TransientFailure('print.settings-changing', `The queue "${queueId}" or the finishing options changed while jobs were made.`);
  }

  private hold(message: OwnerResolved, queue: KnownQueue, finishing: DecidedFinishing): Promise<boolean> {
    const hold = decideHold(queue, new Date());
    const settings = { message, queue, finishing, hold, entries: journeyOf(message, { queue, finishing, hold }) };
    if (hold.kind === 'released') return this.store.hold({ ...settings, codeHash: undefined, publish: releasedFacts(message, queue) });
    const { codeHash, sealedPuk } = this.puks.issue(message.payload.messageId, message.payload.owner.address);
    return this.store.hold({ ...settings, codeHash, publish: [heldFact(message, queue, hold.jobHoldUntil, sealedPuk)] });
  }

  private count({ queueId, validation }: KnownQueue, jobs: number): void {
    if (validation) this.metrics.countHeld(queueId, jobs);
    else this.metrics.countReleased(queueId, 'queue', jobs);
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

function journeyOf({ payload }: OwnerResolved, { queue, finishing, hold }: { queue: KnownQueue; finishing: DecidedFinishing; hold: Hold }): JourneyEntry[] {
  const where = { queueId: queue.queueId, queueName: queue.name, ...optionsEvidence(finishing), finishingDecidedBy: finishing.decidedBy };
  const redirected = queue.askedId === queue.queueId ? [] : [redirectedEntry(queue)];
  const begun = payload.documents.map(({ documentId, fileName }): JourneyEntry =>
    hold.kind === 'held'
      ? { step: 'held', document: documentId, evidence: { fileName, ...where, reason: 'job-hold-until-specified', jobHoldUntil: hold.jobHoldUntil.toISOString() } }
      : { step: 'released', document: documentId, evidence: { fileName, ...where, by: 'queue-without-validation' } },
  );
  return [...redirected, ...begun];
}

function redirectedEntry({ askedId, askedName, queueId, name }: KnownQueue): JourneyEntry {
  return { step: 'redirected', evidence: { fromQueueId: askedId, fromQueueName: askedName, queueId, queueName: name, why: 'always' } };
}

function heldFact({ payload }: OwnerResolved, queue: KnownQueue, jobHoldUntil: Date, sealedPuk: Uint8Array): Publication {
  const { messageId, owner, subject, refusedParts } = payload;
  const jobs = payload.documents.map(({ documentId, fileName, pages }) => ({ jobId: documentId, fileName, pages }));
  return {
    subject: 'print.job-held.v1',
    payload: { messageId, owner, queueId: queue.queueId, queueName: queue.name, subject, jobs, refusedParts, sealedPuk, jobHoldUntil: timestampFromDate(jobHoldUntil) },
  };
}

/** No code is mailed on such a queue, so what was refused of the message is told part by part. */
function releasedFacts({ payload }: OwnerResolved, queue: KnownQueue): Publication[] {
  const { messageId, owner } = payload;
  return [
    { subject: 'print.job-released.v1', payload: { messageId, queueId: queue.queueId, jobIds: payload.documents.map(({ documentId }) => documentId) } },
    ...payload.refusedParts.map((part): Publication => ({
      subject: 'print.job-aborted.v1',
      payload: { messageId, owner, queueName: queue.name, job: { jobId: part.documentId, fileName: part.fileName, pages: 0 }, reason: part.reason, statusText: part.statusText },
    })),
  ];
}
