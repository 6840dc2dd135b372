import { TARGETS_MAX, TEMPLATE_LINE_LENGTH_MAX, TEMPLATE_TEXT_LENGTH_MAX } from '../limits.js';
import { isMailable } from '../notify/recipient.js';
import { EVENT_RULES, type EventName, type EventSettings, TARGET_MACROS, type Template } from './notification-event.js';
import { MACRO } from './render-template.js';

/** What is wrong with a field, and what to do. */
export interface TemplateProblem {
  readonly field: 'subject' | 'title' | 'text' | 'targets';
  readonly reason: string;
}

const CONTROL_IN_LINE = /\p{Cc}/u;
const CONTROL_IN_TEXT = /(?![\r\n\t])\p{Cc}/u;

/** The first thing that is wrong with the words of an event; undefined: nothing. */
export function templateProblem(event: EventName, { subject, title, text }: Template): TemplateProblem | undefined {
  const { macros, bearsCode } = EVENT_RULES[event];
  for (const [field, line] of [['subject', subject], ['title', title]] as const) {
    if (line.trim() === '' || line.length > TEMPLATE_LINE_LENGTH_MAX || CONTROL_IN_LINE.test(line)) return { field, reason: `must be one line of 1 to ${TEMPLATE_LINE_LENGTH_MAX} characters` };
    if (line.includes('$CODE')) return { field, reason: 'must not have $CODE: subjects show on locked screens; put it into the text' };
  }
  if (text.trim() === '' || text.length > TEMPLATE_TEXT_LENGTH_MAX || CONTROL_IN_TEXT.test(text)) return { field: 'text', reason: `must have 1 to ${TEMPLATE_TEXT_LENGTH_MAX} characters of text` };
  for (const [field, words] of Object.entries({ subject, title, text }) as ['subject' | 'title' | 'text', string][]) {
    const unknown = (words.match(MACRO) ?? []).find((macro) => !macros.some((known) => known === macro));
    if (unknown !== undefined) return { field, reason: `must not have ${unknown}: this event knows ${macros.join(', ')}` };
  }
  if (bearsCode && !(text.match(MACRO) ?? []).some((macro) => macro === '$CODE')) return { field: 'text', reason: 'must have $CODE: without it nobody learns the code' };
  return undefined;
}

/** … with whom its mails go to. */
export function targetsProblem(event: EventName, { enabled, targets }: EventSettings): TemplateProblem | undefined {
  const problem = (reason: string): TemplateProblem => ({ field: 'targets', reason });
  // What is off needs nobody to tell, and is so at first.
  if (EVENT_RULES[event].ofServer && !enabled && targets.length === 0) return undefined;
  if (targets.length === 0 || targets.length > TARGETS_MAX) return problem(`must be 1 to ${TARGETS_MAX}`);
  if (EVENT_RULES[event].bearsCode && targets.some((target) => target !== '$USER')) return problem('must be $USER alone: the mail bears a code');
  if (EVENT_RULES[event].ofServer && !targets.every(isMailable)) return problem('must be mail addresses: it is about the server, and nobody\'s document');
  if (event === 'refused' && targets.some((target) => target === '$QUEUEADMIN' || target === '$QUEUESUPPORT')) return problem('must not be $QUEUEADMIN or $QUEUESUPPORT: a refused mail has no queue');
  const bad = targets.find((target) => !TARGET_MACROS.some((macro) => macro === target) && !isMailable(target));
  return bad === undefined ? undefined : problem(`must each be ${TARGET_MACROS.join(', ')} or a mail address`);
}
