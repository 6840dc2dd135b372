import { timeOf } from '../filters/check-fields.js';
import type { Filter, FilterAction, TimeWindow } from '../filters/filter.js';

/** Any of them. */
export interface People {
  /** Mail addresses or account ids, in lower case. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Names of directories; guests: the guest base. */
  readonly directories: readonly string[];
}

/** What people may do on the queues of a group (WD-006); what is absent is not restricted. */
export interface Restrictions {
  /** Only these. */
  readonly allowed?: People;
  readonly denied?: People;
  /** Printing happens within one of these. */
  readonly hours?: readonly TimeWindow[];
  readonly pagesMax?: number;
  readonly sizeMaxBytes?: number;
  /** monochrome: printed, but without it. */
  readonly color?: 'refused' | 'monochrome';
  /** What people are told instead of our sentences. */
  readonly message?: string;
}

/** A group with the queues that its restrictions are for. */
export interface RestrictedGroup {
  readonly groupId: string;
  readonly name: string;
  readonly queueIds: readonly string[];
  readonly restrictions: Restrictions;
}

/** A restriction as the rule that it is. */
export interface RestrictionRule extends Filter {
  /** It is about the moment of printing: a document that will be held may come at any other. */
  readonly isOfPrinting: boolean;
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** The rules that a group's restrictions stand for, who before what; they are looked at as filters are, on the queue where a document goes. */
export function restrictionRules({ groupId, name, queueIds, restrictions }: RestrictedGroup): RestrictionRule[] {
  const { allowed, denied, hours, pagesMax, sizeMaxBytes, color, message = '' } = restrictions;
  const refusal = (sentence: string): FilterAction => ({ kind: 'refuse', message: message || sentence });
  const rule = (what: string, rest: Pick<Filter, 'when' | 'unless' | 'action'>): RestrictionRule => ({
    filterId: `group:${groupId}:${what}`, name: `${name}: ${what}`, enabled: true, isOfPrinting: what === 'hours', ...rest, when: { ...rest.when, queueIds },
  });
  const forOthers = refusal(`The queues of "${name}" are for other people.`);
  return [
    ...(denied ? (['users', 'groups', 'directories'] as const).filter((each) => denied[each].length > 0).map((each) => rule('denied', { when: { [each]: denied[each] }, action: forOthers })) : []),
    ...(allowed ? [rule('allowed', { when: {}, unless: allowed, action: forOthers })] : []),
    ...(hours ? [rule('hours', { when: {}, unless: { times: hours }, action: refusal(`The queues of "${name}" print only at these times: ${hours.map(timeWords).join('; ')}.`) })] : []),
    ...(pagesMax === undefined ? [] : [rule('pages', { when: { pagesMin: pagesMax + 1 }, action: refusal(`The queues of "${name}" print documents of at most ${pagesMax} pages.`) })]),
    ...(sizeMaxBytes === undefined ? [] : [rule('size', { when: { sizeMinBytes: sizeMaxBytes + 1 }, action: refusal(`The queues of "${name}" print documents of at most ${sizeWords(sizeMaxBytes)}.`) })]),
    ...(color === undefined ? [] : [rule('colour', { when: { colorMode: 'color' }, action: color === 'refused' ? refusal(`The queues of "${name}" do not print in colour.`) : { kind: 'force', monochrome: true, duplex: false } })]),
  ];
}

function timeWords({ weekdays, from, until }: TimeWindow): string {
  const days = weekdays.map((day) => WEEKDAYS[day - 1]).join(', ');
  return `${days === '' ? 'every day' : days} ${timeOf(from)}-${timeOf(until)}`;
}

function sizeWords(bytes: number): string {
  return bytes < 1_000_000 ? `${bytes} bytes` : `${Number((bytes / 1_000_000).toFixed(1))} MB`;
}
