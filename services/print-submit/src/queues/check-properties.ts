import { printLimits } from '../limits.js';

// What queues and their groups have in common. Each check gives the reason, or undefined where all is well.

const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9_-]*$/u;
const CONTROL_CHARACTERS = /\p{Cc}/u;

export function checkIdentifier(identifier: string): string | undefined {
  if (IDENTIFIER.test(identifier) && identifier.length <= printLimits.queueIdLengthMax) return undefined;
  return `must be 1 to ${printLimits.queueIdLengthMax} letters, digits, - or _, and start with a letter or digit`;
}

export function checkName(name: string): string | undefined {
  if (name === '') return 'is missing: give a name that people know';
  if (name.length > printLimits.queueNameLengthMax) return `must have at most ${printLimits.queueNameLengthMax} characters`;
  return CONTROL_CHARACTERS.test(name) ? 'must not contain control characters' : undefined;
}

export function checkProperty(text: string, lengthMax: number): string | undefined {
  if (text.length > lengthMax) return `must have at most ${lengthMax} characters`;
  return CONTROL_CHARACTERS.test(text.replaceAll('\n', ' ')) ? 'must not contain control characters' : undefined;
}

export function checkTags(tags: readonly string[]): string | undefined {
  if (tags.length > printLimits.tagsMax) return `must be at most ${printLimits.tagsMax} tags`;
  const bad = tags.some((tag) => tag.length > printLimits.tagLengthMax || CONTROL_CHARACTERS.test(tag));
  return bad ? `must each have at most ${printLimits.tagLengthMax} characters, none of them a control character` : undefined;
}

/** Each tag once, without spaces around it. */
export function tidyTags(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.trim()).filter(Boolean))];
}

export function checkKeepHours(hours: number): string | undefined {
  return hours <= printLimits.keepHoursMax ? undefined : `must be at most ${printLimits.keepHoursMax} hours`;
}

export function checkHoldHours(hours: number): string | undefined {
  return hours <= printLimits.holdHoursMax ? undefined : `must be at most ${printLimits.holdHoursMax} hours`;
}
