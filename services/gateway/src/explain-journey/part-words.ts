import { clause, fact } from './evidence.js';
import type { Evidence } from './step.js';

/** Why a part of a mail is neither printed nor refused, by the code in its evidence. */
const LEFT_OUT = new Map([
  ['rich-text', 'it only repeats the text of the mail'],
  ['inline-image', 'it is an image that is shown in the text'],
  ['signature', 'it is a signature'],
  ['calendar', 'it is an invitation'],
  ['contact', 'it is a business card'],
  ['report', 'it is a mail server\'s report'],
  ['mac-metadata', 'it is what a Mac keeps beside its files'],
]);

const STOPPED = new Map([
  ['too-many-parts', 'it has more parts than are looked at'],
  ['nested-too-deep', 'mails are attached to mails in it on too many levels'],
  ['damaged-envelope', 'what it came wrapped in (winmail.dat, or an S/MIME signature) is damaged'],
]);

export function whyLeftOut(evidence: Evidence): string {
  return LEFT_OUT.get(fact(evidence, 'reason')) ?? orCode(evidence);
}

export function whyStopped(evidence: Evidence): string {
  return STOPPED.get(fact(evidence, 'reason')) ?? orCode(evidence);
}

function orCode(evidence: Evidence): string {
  return clause(evidence, 'reason') || 'no reason is given';
}
