import { printLimits } from '../limits.js';
import type { KnownQueue } from '../queues/known-queues.js';

const HOUR_MS = 3_600_000;

interface Held {
  readonly kind: 'held';
  readonly jobHoldUntil: Date;
  /** When the held job is looked at next: its owner is told in time, where there is time; else it expires. */
  readonly holdDueAt: Date;
}

interface Released {
  readonly kind: 'released';
  readonly releasedAt: Date;
}

/** How the jobs of a message begin, and until when their documents are claimed. */
export type Hold = (Held | Released) & { readonly keepUntil: Date };

/** On a queue with validation jobs wait for their owner's code; on any other they are printed at once. */
export function decideHold({ validation, holdHours }: Pick<KnownQueue, 'validation' | 'holdHours'>, now: Date): Hold {
  const after = (hours: number): Date => new Date(now.getTime() + hours * HOUR_MS);
  if (!validation) return { kind: 'released', releasedAt: now, keepUntil: after(printLimits.releasedClaimDays * 24) };
  const isTold = holdHours > printLimits.expiringHoursBefore;
  return {
    kind: 'held',
    jobHoldUntil: after(holdHours),
    holdDueAt: after(isTold ? holdHours - printLimits.expiringHoursBefore : holdHours),
    keepUntil: after(holdHours + printLimits.claimGraceHours),
  };
}
