import type { Filter as WireFilter, FilterAction as WireAction, FilterConditions as WireConditions, TimeWindow as WireWindow } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { COLOR_MODES } from '../finishing/finishing.js';
import { chargingLimits } from '../limits.js';
import { checkIdentifier, checkName } from '../queues/check-properties.js';
import type { Filter, FilterAction, FilterConditions, TimeWindow } from './filter.js';

/** What is wrong with a field (its JSON name), and what to do. */
export interface FilterProblem {
  readonly field: string;
  readonly reason: string;
}

/** Ends a check at the first problem. */
class Wrong extends Error {
  constructor(
    readonly field: string,
    readonly reason: string,
  ) {
    super(reason);
  }
}

const TIME = /^(?<hours>[01]\d|2[0-3]):(?<minutes>[0-5]\d)$/u;

/** The filter as it is stored, or the first problem. */
export function checkFilter({ filterId, name, enabled, when, action }: WireFilter): Filter | FilterProblem {
  try {
    const identifierProblem = checkIdentifier(filterId);
    if (identifierProblem !== undefined) throw new Wrong('filterId', identifierProblem);
    const nameProblem = checkName(name.trim());
    if (nameProblem !== undefined) throw new Wrong('name', nameProblem);
    if (!action) throw new Wrong('action', 'is missing: what is to be done?');
    return { filterId, name: name.trim(), enabled, when: checkConditions(when), action: checkAction(action) };
  } catch (error) {
    if (error instanceof Wrong) return { field: error.field, reason: error.reason };
    throw error;
  }
}

function checkConditions(when: WireConditions | undefined): FilterConditions {
  if (!when) return {};
  const [users, groups, queueIds] = (['users', 'groups', 'queueIds'] as const).map((field) => checkTexts(`when.${field}`, when[field]));
  const colorMode = COLOR_MODES.find((each) => each === when.colorMode);
  if (!colorMode && when.colorMode !== '') throw new Wrong('when.colorMode', `must be ${COLOR_MODES.join(' or ')}, or empty for both`);
  const [pagesMin, pagesMax] = checkRange('when.pagesMax', when.pagesMin, when.pagesMax);
  const [sizeMinBytes, sizeMaxBytes] = checkRange('when.sizeMaxBytes', Number(when.sizeMinBytes), Number(when.sizeMaxBytes));
  const titleContains = when.titleContains.trim();
  if (titleContains.length > chargingLimits.conditionTextLengthMax) throw new Wrong('when.titleContains', `must have at most ${chargingLimits.conditionTextLengthMax} characters`);
  return {
    ...(users && users.length > 0 ? { users: users.map((user) => user.toLowerCase()) } : {}), ...(groups && groups.length > 0 ? { groups } : {}), ...(queueIds && queueIds.length > 0 ? { queueIds } : {}),
    ...(when.time ? { time: checkTime(when.time) } : {}), ...(pagesMin > 0 ? { pagesMin } : {}), ...(pagesMax > 0 ? { pagesMax } : {}), ...(colorMode ? { colorMode } : {}),
    ...(sizeMinBytes > 0 ? { sizeMinBytes } : {}), ...(sizeMaxBytes > 0 ? { sizeMaxBytes } : {}), ...(titleContains === '' ? {} : { titleContains }),
  };
}

function checkTexts(field: string, texts: readonly string[]): string[] {
  const tidy = [...new Set(texts.map((text) => text.trim()))];
  if (tidy.length > chargingLimits.conditionTextsMax) throw new Wrong(field, `must be at most ${chargingLimits.conditionTextsMax}`);
  if (tidy.some((text) => text === '' || text.length > chargingLimits.conditionTextLengthMax)) throw new Wrong(field, `must be texts of 1 to ${chargingLimits.conditionTextLengthMax} characters`);
  return tidy;
}

function checkRange(field: string, min: number, max: number): [number, number] {
  if (max > 0 && min > max) throw new Wrong(field, 'must not be below the minimum');
  return [min, max];
}

function checkTime({ weekdays, from, until }: WireWindow): TimeWindow {
  if (weekdays.some((day) => day < 1 || day > 7)) throw new Wrong('when.time.weekdays', 'must be from 1, Monday, to 7, Sunday');
  return { weekdays: [...new Set(weekdays)].toSorted((a, b) => a - b), from: minutesOf('when.time.from', from), until: minutesOf('when.time.until', until) };
}

function minutesOf(field: string, text: string): number {
  const { hours, minutes } = TIME.exec(text)?.groups ?? {};
  if (hours === undefined || minutes === undefined) throw new Wrong(field, 'must be a time such as 08:00');
  return Number(hours) * 60 + Number(minutes);
}

function checkAction({ kind, message: given, monochrome, duplex, queueId }: WireAction): FilterAction {
  const message = given.trim();
  if (message.length > chargingLimits.messageLengthMax) throw new Wrong('action.message', `must have at most ${chargingLimits.messageLengthMax} characters`);
  switch (kind) {
    case 'refuse':
    case 'ask':
      return { kind, message };
    case 'force':
      if (!monochrome && !duplex) throw new Wrong('action', 'forces nothing: choose monochrome, duplex or both');
      return { kind, monochrome, duplex };
    case 'redirect': {
      const problem = checkIdentifier(queueId);
      if (problem !== undefined) throw new Wrong('action.queueId', problem);
      return { kind, queueId };
    }
    default:
      throw new Wrong('action.kind', 'must be refuse, force, redirect or ask');
  }
}
