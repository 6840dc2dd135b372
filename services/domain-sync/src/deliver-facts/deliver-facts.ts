import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Client } from '@connectrpc/connect';
import type { ConsolidationService } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import type { DayFigures } from '../compare-days/differing-days.js';
import { FACTS_DELIVERED_MAX, OWNERS_DELIVERED_MAX } from '../limits.js';
import type { Delivered } from './fact-sending.store.js';
import type { OwnFact, OwnFactsStore, Standing } from './own-facts.store.js';

/** After so many comparisons the rest is left to the next day, and to the administrator. */
const COMPARISONS_MAX = 2;

/** Everything that this server printed, to its master: from wherever that one says that it is, until it has it all. What is cut goes on at the same place later. */
export class DeliverFacts {
  constructor(
    private readonly client: Client<typeof ConsolidationService>,
    private readonly facts: OwnFactsStore,
    private readonly signal: AbortSignal,
  ) {}

  /** `compare`: also whether all days are equal on both servers; those that aren't are sent again. */
  async deliver(compare: boolean): Promise<Delivered> {
    const { standing, received } = await this.agree();
    await this.tellOwners();
    if (!compare) return { number: await this.deliverUntil(standing, received), daysDiffering: undefined };
    return this.deliverAndCompare(standing, received);
  }

  /** Where to go on. A server that was put back from a backup, or whose master was, has other facts under the same numbers: it delivers all in a new series. */
  private async agree(): Promise<{ standing: Standing; received: number }> {
    const { delivery } = await this.client.getDelivery({}, { signal: this.signal });
    const standing = await this.facts.standing();
    if (!delivery || !standing) throw new Error('the master said nothing');
    const received = Number(delivery.receivedNumber);
    if (delivery.series === 0) await this.facts.tellAllOwners();
    if (received === 0 && delivery.series <= standing.series) return { standing, received };
    if (delivery.series === standing.series && received <= standing.number && (await this.facts.jobAt(standing, received)) === delivery.receivedJobId) return { standing, received };
    const series = Math.max(delivery.series, standing.series) + 1;
    await this.facts.beginSeries(series);
    await this.facts.tellAllOwners();
    return { standing: { ...standing, series }, received: 0 };
  }

  private async tellOwners(): Promise<void> {
    for (;;) {
      const owners = await this.facts.untoldOwners(OWNERS_DELIVERED_MAX);
      if (owners.length === 0) return;
      await this.client.deliverOwners({ owners: owners.map(({ accountId, directory, label }) => ({ accountId, directory, label })) }, { signal: this.signal });
      await this.facts.markTold(owners);
      if (owners.length < OWNERS_DELIVERED_MAX) return;
    }
  }

  /** Gives the number that the master has then. */
  private async deliverUntil(standing: Standing, received: number): Promise<number> {
    let at = received;
    while (at < standing.number) {
      const facts = await this.facts.after(standing, at, standing.number, FACTS_DELIVERED_MAX);
      if (facts.length === 0) throw new Error(`fact ${at + 1} is missing`);
      const { taken, delivery } = await this.client.deliverFacts({ series: standing.series, facts: facts.map(wireFact), lastNumber: BigInt(standing.number) }, { signal: this.signal });
      const now = Number(delivery?.receivedNumber ?? 0n);
      // Another instance of this server delivers at the same time, or an answer was lost: on from where that led to.
      if (!taken && (delivery?.series !== standing.series || now <= at)) throw new Error(`the master stands at ${now} of series ${delivery?.series}, not at ${at} of ${standing.series}`);
      at = now;
    }
    return at;
  }

  private async deliverAndCompare(from: Standing, received: number): Promise<Delivered> {
    let at = received;
    for (let comparison = 1; ; comparison += 1) {
      const seen = await this.facts.days();
      if (!seen) throw new Error('this server has no identity');
      at = await this.deliverUntil({ ...seen.standing, series: from.series }, at);
      const { compared, days, ownersWanted } = await this.client.compareDays(
        { series: from.series, number: BigInt(seen.standing.number), days: seen.days.map(wireDay), owners: BigInt(await this.facts.toldOwners()) }, { signal: this.signal },
      );
      if (!compared) return { number: at, daysDiffering: undefined };
      if (ownersWanted) {
        await this.facts.tellAllOwners();
        await this.tellOwners();
      }
      if (days.length === 0 || comparison === COMPARISONS_MAX) return { number: at, daysDiffering: days.length };
      for (const day of days) await this.repeatDay(from, day);
    }
  }

  private async repeatDay(standing: Standing, day: string): Promise<void> {
    await this.facts.rebuild(standing, day);
    for (let place: OwnFact | undefined; ; ) {
      const facts = await this.facts.ofDay(standing, day, place, FACTS_DELIVERED_MAX);
      const last = facts.length < FACTS_DELIVERED_MAX;
      await this.client.repeatFacts({ day, series: standing.series, facts: facts.map(wireFact), last }, { signal: this.signal });
      if (last) return;
      place = facts.at(-1);
    }
  }
}

function wireFact({ number, completedAt, impressions, sheets, price, ...rest }: OwnFact) {
  return { ...rest, number: BigInt(number), completedAt: timestampFromDate(completedAt), impressions: BigInt(impressions), sheets: BigInt(sheets), price: BigInt(price) };
}

function wireDay({ day, jobs, impressions, sheets, colorImpressions, duplexSheets, price, digest }: DayFigures) {
  return {
    day, digest, jobs: BigInt(jobs), impressions: BigInt(impressions), sheets: BigInt(sheets), colorImpressions: BigInt(colorImpressions), duplexSheets: BigInt(duplexSheets), price: BigInt(price),
  };
}
