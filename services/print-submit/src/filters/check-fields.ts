import type { TimeWindow as WireWindow } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { chargingLimits } from '../limits.js';
import type { TimeWindow } from './filter.js';

// What filters and the restrictions of groups have in common. Each check throws `WrongField` at the first problem.

/** What is wrong with a field (its JSON name), and what to do. */
export interface RuleProblem {
  readonly field: string;
  readonly reason: string;
}

/** Ends a check at the first problem. */
export class WrongField extends Error {
  constructor(
    readonly field: string,
    readonly reason: string,
  ) {
    super(reason);
  }
}

const TIME = /^(?<hours>[01]\d|2[0-3]):(?<minutes>[0-5]\d)$/u;

/** What `check` gives, or the first problem. */
export function firstProblem<T>(check: () => T): T | RuleProblem {
  try {
    return check();
  } catch (error) {
    if (error instanceof WrongField) return { field: error.field, reason: error.reason };
    throw error;
  }
}

/** Each once. */
export function checkTexts(field: string, texts: readonly string[]): string[] {
  const tidy = [...new Set(texts.map((text) => text.trim()))];
  if (tidy.length > chargingLimits.conditionTextsMax) throw new WrongField(field, `must be at most ${chargingLimits.conditionTextsMax}`);
  if (tidy.some((text) => text === '' || text.length > chargingLimits.conditionTextLengthMax)) throw new WrongField(field, `must be texts of 1 to ${chargingLimits.conditionTextLengthMax} characters`);
  return tidy;
}

export function checkMessage(field: string, given: string): string {
  const message = given.trim();
  if (message.length > chargingLimits.messageLengthMax) throw new WrongField(field, `must have at most ${chargingLimits.messageLengthMax} characters`);
  return message;
}

export function checkTime(field: string, { weekdays, from, until }: Pick<WireWindow, 'weekdays' | 'from' | 'until'>): TimeWindow {
  if (weekdays.some((day) => day < 1 || day > 7)) throw new WrongField(`${field}.weekdays`, 'must be from 1, Monday, to 7, Sunday');
  return { weekdays: [...new Set(weekdays)].toSorted((a, b) => a - b), from: minutesOf(`${field}.from`, from), until: minutesOf(`${field}.until`, until) };
}

/** As people write it, 08:00. */
export function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

export function wireTime({ weekdays, from, until }: TimeWindow): { weekdays: number[]; from: string; until: string } {
  return { weekdays: [...weekdays], from: timeOf(from), until: timeOf(until) };
}

function minutesOf(field: string, text: string): number {
  const { hours, minutes } = TIME.exec(text)?.groups ?? {};
  if (hours === undefined || minutes === undefined) throw new WrongField(field, 'must be a time such as 08:00');
  return Number(hours) * 60 + Number(minutes);
}
