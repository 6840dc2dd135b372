import { type Client, ConnectError } from '@connectrpc/connect';
import type { ConsolidationService } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { Domain } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import { COMPARE_EVERY_MS, DELIVERY_LOOK_MS } from '../limits.js';
import type { ReachableServer } from '../reach-server/dsp-clients.js';
import { DeliverFacts } from './deliver-facts.js';
import type { FactSending, FactSendingStore } from './fact-sending.store.js';
import { firstDeliveryMs, nextDeliveryMs, retryDeliveryMs } from './next-delivery.js';
import type { OwnFactsStore } from './own-facts.store.js';

const STOP_MS = 1_000;

export interface FactDeliveryParts {
  readonly domains: Pick<DomainStore, 'current' | 'member'>;
  readonly connect: (master: ReachableServer) => Client<typeof ConsolidationService>;
  readonly facts: OwnFactsStore;
  readonly sendings: FactSendingStore;
  readonly log: Log;
}

/** On a slave: delivers its statistics to the master at the domain's pace, and compares days once a day (DOM-041, V-12). A round that has nothing to tell calls nobody. */
export class FactDelivery {
  private readonly rounds: RepeatedRound;
  private readonly ended = new AbortController();
  /** Whose turn comes when, in this process's time. */
  private due: { readonly masterId: string; readonly atMs: number } | undefined;
  private failures = 0;
  private wanted = false;

  constructor(private readonly parts: FactDeliveryParts) {
    this.rounds = new RepeatedRound({
      everyMs: DELIVERY_LOOK_MS, act: () => this.look(), onError: (error) => parts.log.warning('statistics could not be looked through, tried again', { error }),
    });
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ended.abort();
    await this.rounds.stop(STOP_MS);
  }

  /** The next delivery begins at once, and compares the days. */
  deliverNow(): void {
    this.wanted = true;
    this.rounds.now();
  }

  private async look(): Promise<void> {
    const domain = await this.parts.domains.current();
    if (domain?.role !== 'slave') {
      this.due = undefined;
      return;
    }
    const { masterId, settings } = domain;
    if (this.due?.masterId !== masterId) {
      this.due = { masterId, atMs: performance.now() + firstDeliveryMs(settings, Math.random()) };
      this.failures = 0;
    }
    if (!this.wanted && performance.now() < this.due.atMs) return;
    const { wanted } = this;
    this.wanted = false;
    const delivered = await this.deliver(domain, wanted);
    this.failures = delivered ? 0 : this.failures + 1;
    this.due = { masterId, atMs: performance.now() + (delivered ? nextDeliveryMs(settings, Math.random()) : retryDeliveryMs(this.failures, Math.random())) };
  }

  private async deliver({ masterId }: Domain, wanted: boolean): Promise<boolean> {
    const { domains, connect, facts, sendings, log } = this.parts;
    try {
      const sending = await sendings.find();
      const compare = wanted || mustCompare(sending, masterId);
      if (!compare && !(await this.isThereNews(sending))) return true;
      const master = await domains.member(masterId);
      if (!master) throw new Error('the master is not among the members');
      const delivered = await new DeliverFacts(connect(master), facts, this.ended.signal).deliver(compare);
      await sendings.delivered(masterId, delivered);
      log.info('statistics delivered', { masterId, number: delivered.number, daysDiffering: delivered.daysDiffering });
      return true;
    } catch (error) {
      if (this.ended.signal.aborted) return false;
      const problem = error instanceof ConnectError ? error.rawMessage : 'The statistics could not be delivered; the log says more.';
      log.warning('statistics not delivered, tried again', { masterId, failures: this.failures + 1, error });
      await sendings.failed(masterId, problem.slice(0, 500));
      return false;
    }
  }

  private async isThereNews(sending: FactSending | undefined): Promise<boolean> {
    const [standing, owners] = [await this.parts.facts.standing(), await this.parts.facts.untoldOwners(1)];
    return standing?.number !== sending?.deliveredNumber || owners.length > 0;
  }
}

function mustCompare(sending: FactSending | undefined, masterId: string): boolean {
  // Also one in the future: the clock was wrong then.
  return sending?.masterId !== masterId || sending.comparedAt === null || Math.abs(Date.now() - sending.comparedAt.getTime()) > COMPARE_EVERY_MS;
}
