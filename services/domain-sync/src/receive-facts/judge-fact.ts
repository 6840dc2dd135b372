import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { PrintFact } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import { FACT } from '../limits.js';

const TEXTS = ['accountId', 'userGroup', 'queueId', 'locationPath', 'mailboxId', 'origin', 'media'] as const;

/** Until its day has come. */
export const LIES_IN_THE_FUTURE = 'lies in the future';

/** Why a print that another server tells of can't be true, for the administrator of the master; undefined: it can. */
export function judgeFact(fact: PrintFact, now: Date): string | undefined {
  const { pages, copies, impressions, sheets, price } = fact;
  const completedAt = fact.completedAt && timestampDate(fact.completedAt);
  if (!completedAt || Number.isNaN(completedAt.getTime())) return 'says no time';
  if (completedAt.getTime() > now.getTime() + FACT.aheadMs) return LIES_IN_THE_FUTURE;
  if (completedAt < FACT.since) return `is older than ${FACT.since.getUTCFullYear()}`;
  if (pages > FACT.pagesMax) return `has ${pages} pages`;
  if (copies < 1 || copies > FACT.copiesMax) return `has ${copies} copies`;
  if (impressions > FACT.impressionsMax) return `has ${impressions} impressions`;
  if (sheets > FACT.sheetsMax) return `has ${sheets} sheets`;
  if (price > FACT.priceMax) return `costs ${price} thousandths`;
  const odd = TEXTS.find((name) => fact[name].length > FACT.textMax || /\p{Cc}/u.test(fact[name]));
  return odd && `has a text in ${odd} that is none`;
}
