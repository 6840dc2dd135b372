import { chargingLimits } from '../limits.js';
import { checkIdentifier, checkName } from '../queues/check-properties.js';

export const QUOTA_SCOPES = ['everyone', 'members', 'group', 'account'] as const;
export const QUOTA_UNITS = ['impressions', 'money'] as const;
export const PERIODS = ['day', 'week', 'month'] as const;
/** What happens at the end of a quota or balance: nothing, people are told, or nothing is released any more. */
export const LIMIT_MODES = ['off', 'warn', 'refuse'] as const;

export type Period = (typeof PERIODS)[number];
export type LimitMode = (typeof LIMIT_MODES)[number];

/** How much may be printed in a time. */
export interface Quota {
  /** Chosen by the administrator: letters, digits, - and _. */
  readonly quotaId: string;
  readonly name: string;
  /** Each person; each person of a group; the people of a group together; one person. */
  readonly scope: (typeof QUOTA_SCOPES)[number];
  /** Group or account id; empty for everyone. */
  readonly subject: string;
  /** Money: in thousandths of the currency. */
  readonly unit: (typeof QUOTA_UNITS)[number];
  readonly period: Period;
  readonly amount: number;
  readonly mode: LimitMode;
}

interface Wanted {
  readonly quotaId: string;
  readonly name: string;
  readonly scope: string;
  readonly subject: string;
  readonly unit: string;
  readonly period: string;
  readonly amount: number;
  readonly mode: string;
}

/** What is wrong with a field (its JSON name), and what to do. */
export interface QuotaProblem {
  readonly field: keyof Quota;
  readonly reason: string;
}

/** The quota as it is stored, or the first problem. */
export function checkQuota(wanted: Wanted): Quota | QuotaProblem {
  const scope = QUOTA_SCOPES.find((each) => each === wanted.scope);
  if (!scope) return { field: 'scope', reason: `must be of ${QUOTA_SCOPES.join(', ')}` };
  const unit = QUOTA_UNITS.find((each) => each === wanted.unit);
  if (!unit) return { field: 'unit', reason: `must be ${QUOTA_UNITS.join(' or ')}` };
  const period = PERIODS.find((each) => each === wanted.period);
  if (!period) return { field: 'period', reason: `must be of ${PERIODS.join(', ')}` };
  const mode = LIMIT_MODES.find((each) => each === wanted.mode);
  if (!mode) return { field: 'mode', reason: `must be of ${LIMIT_MODES.join(', ')}` };
  const quota: Quota = { ...wanted, name: wanted.name.trim(), subject: wanted.subject.trim(), scope, unit, period, mode };
  const checks = {
    quotaId: checkIdentifier(quota.quotaId),
    name: checkName(quota.name),
    subject: checkSubject(quota),
    amount: Number.isSafeInteger(quota.amount) && quota.amount >= 0 && quota.amount <= chargingLimits.amountMax ? undefined : `must be from 0 to ${chargingLimits.amountMax}`,
  };
  for (const [field, reason] of Object.entries(checks)) {
    if (reason !== undefined) return { field: field as keyof Quota, reason };
  }
  return quota;
}

function checkSubject({ scope, subject }: Quota): string | undefined {
  if (scope === 'everyone') return subject === '' ? undefined : 'must be empty where the quota is for everyone';
  if (subject === '') return scope === 'account' ? 'is missing: whose account?' : 'is missing: which group?';
  return subject.length <= chargingLimits.groupNameLengthMax ? undefined : `must have at most ${chargingLimits.groupNameLengthMax} characters`;
}
