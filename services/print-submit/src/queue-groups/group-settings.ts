import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { printLimits } from '../limits.js';
import type { OwnExpertSettings } from '../queues/expert-settings.js';
import { checkHoldHours, checkIdentifier, checkKeepHours, checkName, checkProperty, checkTags, tidyTags } from '../queues/check-properties.js';
import type { Restrictions } from './restrictions.js';

/** never; fault: when their printer has failed for a while; always. */
export const REDIRECT_WHEN = ['never', 'fault', 'always'] as const;
export type RedirectWhen = (typeof REDIRECT_WHEN)[number];

/** What queues share (WD-006, WD-007). */
export interface GroupSettings {
  readonly groupId: string;
  readonly name: string;
  readonly geocode: string;
  readonly tags: readonly string[];
  readonly comment: string;
  /** Made to be cloned; no queue is in it. */
  readonly isTemplate: boolean;
  /** Jobs are held until released (WD-019). */
  readonly validation: boolean;
  readonly holdHours: number;
  /** How long a document is kept after it was printed, to be printed once more; 0: not at all. */
  readonly keepHours: number;
  readonly redirectWhen: RedirectWhen;
  /** null: never. */
  readonly redirectQueueId: string | null;
  /** Mail addresses of whom people turn to (V-07). */
  readonly administrators: readonly string[];
  readonly support: readonly string[];
  /** Events that people are told of, or not, whatever holds in general. */
  readonly eventsOn: readonly string[];
  readonly eventsOff: readonly string[];
  readonly restrictions: Restrictions;
  readonly expert: OwnExpertSettings;
}

/** What a group decides about the notices of its queues; notification knows the words of each. */
export const GROUP_EVENTS: readonly string[] = ['document-waiting', 'printed', 'failed', 'expiring', 'expired'];

/** What is wrong with a field (its JSON name), and what to do. */
export interface GroupProblem {
  readonly field: string;
  readonly reason: string;
}

/** As it comes from outside: `redirectWhen` is any text. */
export type WantedGroup = Omit<GroupSettings, 'redirectWhen'> & { readonly redirectWhen: string };

/** The settings as they are stored, or the first problem. Zero hours mean the default. */
export function checkGroupSettings(wanted: WantedGroup): GroupSettings | GroupProblem {
  const redirectWhen = REDIRECT_WHEN.find((each) => each === (wanted.redirectWhen || 'never'));
  const settings = {
    ...wanted,
    name: wanted.name.trim(), geocode: wanted.geocode.trim(), comment: wanted.comment.trim(), tags: tidyTags(wanted.tags),
    holdHours: wanted.holdHours === 0 ? printLimits.holdHoursDefault : wanted.holdHours,
    redirectQueueId: redirectWhen === 'never' ? null : wanted.redirectQueueId,
    administrators: normalAddresses(wanted.administrators), support: normalAddresses(wanted.support),
    eventsOn: [...new Set(wanted.eventsOn)], eventsOff: [...new Set(wanted.eventsOff)],
  };
  const checks = {
    groupId: checkIdentifier(settings.groupId),
    name: checkName(settings.name),
    geocode: checkProperty(settings.geocode, printLimits.geocodeLengthMax),
    comment: checkProperty(settings.comment, printLimits.commentLengthMax),
    tags: checkTags(settings.tags),
    holdHours: checkHoldHours(settings.holdHours),
    keepHours: checkKeepHours(settings.keepHours),
    'redirection.when': redirectWhen === undefined ? `must be one of ${REDIRECT_WHEN.join(', ')}` : undefined,
    'redirection.queueId': redirectWhen !== 'never' && !settings.redirectQueueId ? 'is missing: which queue takes the jobs?' : undefined,
    administrators: checkAddresses(wanted.administrators),
    support: checkAddresses(wanted.support),
    eventsOn: checkEvents(wanted.eventsOn, []),
    eventsOff: checkEvents(wanted.eventsOff, wanted.eventsOn),
  };
  for (const [field, reason] of Object.entries(checks)) {
    if (reason !== undefined) return { field, reason };
  }
  return { ...settings, redirectWhen: redirectWhen ?? 'never' };
}

function normalAddresses(addresses: readonly string[]): string[] {
  return [...new Set(addresses.flatMap((address) => parseMailAddress(address.trim())?.text ?? []))];
}

function checkAddresses(addresses: readonly string[]): string | undefined {
  if (addresses.length > printLimits.contactsMax) return `must be at most ${printLimits.contactsMax} addresses`;
  const bad = addresses.find((address) => parseMailAddress(address.trim()) === undefined);
  return bad === undefined ? undefined : 'must each be one e-mail address such as somebody@example.org';
}

function checkEvents(events: readonly string[], others: readonly string[]): string | undefined {
  if (!events.every((event) => GROUP_EVENTS.includes(event))) return `must each be one of ${GROUP_EVENTS.join(', ')}`;
  return events.some((event) => others.includes(event)) ? 'must name no event that eventsOn names' : undefined;
}
