import { cause, clause, fact, given, moment } from './evidence.js';
import { describeStep } from './describe-step.js';
import { notAppliedWords } from './finishing-words.js';
import type { Evidence, Step } from './step.js';

/** Steps that end a message before it has jobs. */
const REFUSALS = new Set(['sender-refused', 'sender-unauthenticated', 'message-refused', 'owner-refused']);

/** Steps about for whom it is printed: the last of them says whether somebody is still waited for. */
const OWNER_STEPS = new Set(['sender-awaited', 'sender-approved', 'owner-found', 'owner-created', 'owner-revived']);

/** Steps of a mail that Inkpost sent to itself; the first of these that there is says most. Notification may tell of the sending after the arrival. */
const CANARY_STEPS = ['canary-received', 'canary-not-mailed', 'canary-mailed', 'canary-requested'];

const place = (e: Evidence): string => given(e, 'queueName', ' on ') || given(e, 'queueId', ' on ');
const why = (e: Evidence): string => clause(e, 'statusText') || clause(e, 'problem') || clause(e, 'reason') || 'canceled';

/** What a document's latest step means for its owner, in the order in which an answer says it. */
const STATES: readonly { readonly steps: readonly string[]; readonly lead: string; readonly about: (e: Evidence) => string }[] = [
  { steps: ['printed'], lead: 'Printed', about: (e) => `${place(e)}${notAppliedWords(e) === '' ? '' : ` (${notAppliedWords(e)})`}` },
  { steps: ['uncertain'], lead: 'Perhaps printed, a person has to look', about: (e) => `${place(e)} (${why(e)})` },
  { steps: ['sent-to-printer', 'printer-says'], lead: 'Printing', about: (e) => `${place(e)}${given(e, 'printerJobStateReasons', ' (the printer says ', ')')}` },
  { steps: ['waiting-for-printer'], lead: 'Not printed yet, the printer is waited for', about: (e) => `${place(e)} (${why(e)})` },
  { steps: ['released'], lead: 'Not printed yet, it is on its way to the printer', about: place },
  { steps: ['held', 'expiring'], lead: 'Not printed yet, the code was not given', about: (e) => `${place(e)}${moment(e, 'jobHoldUntil') === '' ? '' : `, held until ${moment(e, 'jobHoldUntil')}`}` },
  { steps: ['expired'], lead: 'Not printed, the code was not given in time', about: () => '' },
  { steps: ['canceled', 'aborted', 'document-refused', 'part-refused'], lead: 'Not printed', about: (e) => ` (${why(e)})` },
];

const NAMED_MAX = 5;

/** "Why was my mail (not) printed?": one sentence from all steps of a message. */
export function answerWhy(steps: readonly Step[]): string {
  const canary = CANARY_STEPS.map((name) => steps.find(({ step }) => step === name)).find((step) => step !== undefined);
  if (canary) return `A canary mail of Inkpost's own, which is never printed. ${describeStep(canary)}`;
  const refusal = steps.findLast(({ step }) => REFUSALS.has(step));
  if (refusal) return `Not printed: ${describeStep(refusal)}`;
  const latest = latestOfDocuments(steps);
  const owner = steps.findLast(({ step }) => OWNER_STEPS.has(step));
  const awaited = owner?.step === 'sender-awaited' ? [`Not printed yet. ${describeStep(owner).replace(/\.$/, '')}`] : [];
  const codeMail = [...latest.values()].some(({ step }) => UNRELEASED.has(step)) ? missingCodeMail(steps) : undefined;
  const answers = [...awaited, ...(codeMail ? [codeMailWords(codeMail)] : []), ...documentAnswers(steps, latest), ...troubles(steps.filter((step) => step !== codeMail))];
  if (answers.length > 0) return `${answers.join('; ')}.`;
  if (steps.length === 0) return 'Nothing is written down about this mail yet.';
  if (steps.some(({ step }) => step === 'submitted')) return 'Not printed yet: the document is being examined, or its user is looked for.';
  return 'Not printed yet: the mail is being examined.';
}

/** Of each document the step that tells its state. */
function latestOfDocuments(steps: readonly Step[]): ReadonlyMap<string, Step> {
  return new Map(steps.flatMap((step) => (step.documentId !== undefined && STATES.some((state) => state.steps.includes(step.step)) ? [[step.documentId, step]] : [])));
}

/** Documents that only their code can release. */
const UNRELEASED = new Set(['held', 'expiring']);

/** The step that says why the mail with the code has not left yet, or never will; undefined when it has, or when nothing keeps it. */
function missingCodeMail(steps: readonly Step[]): Step | undefined {
  const last = steps.findLast(({ step, evidence }) => step === 'code-mailed' || evidence['kind'] === 'code' || evidence['subject'] === 'print.job-held.v1');
  return last && ['waiting', 'attempt-failed', NOT_DELIVERED].includes(last.step) ? last : undefined;
}

const NOT_DELIVERED = 'mail-not-delivered';

function codeMailWords(step: Step): string {
  if (step.step === NOT_DELIVERED) return describeStep(step).replace(/\.$/, '');
  return `The code was not mailed yet because ${asSubordinate(cause(step.evidence))}`;
}

/** A sentence as it goes on after "because"; an abbreviation in front stays as it is. */
function asSubordinate(sentence: string): string {
  return sentence.replace(/^[A-Z](?=[a-z]* )/, (letter) => letter.toLowerCase());
}

/** One clause per state, with the documents that are in it. */
function documentAnswers(steps: readonly Step[], latest: ReadonlyMap<string, Step>): string[] {
  const names = new Map<string, string>();
  for (const step of steps) {
    if (step.documentId !== undefined && fact(step.evidence, 'fileName') !== '') names.set(step.documentId, fact(step.evidence, 'fileName'));
  }
  return STATES.flatMap((state) => {
    const found = [...latest].filter(([, { step }]) => state.steps.includes(step));
    if (found.length === 0) return [];
    const named = found.slice(0, NAMED_MAX).map(([documentId, { evidence }]) => `${names.get(documentId) ?? 'a document'}${state.about(evidence)}`);
    const more = found.length > NAMED_MAX ? ` and ${found.length - NAMED_MAX} more` : '';
    return [`${state.lead}: ${named.join(', ')}${more}`];
  });
}

const TROUBLES = new Set(['waiting', 'attempt-failed', 'gave-up']);

/** Services whose last word is that they could not go on. */
function troubles(steps: readonly Step[]): string[] {
  const last = new Map(steps.map((step) => [step.service, step]));
  return [...last.values()]
    .filter(({ step, evidence, at }) => TROUBLES.has(step) && !steps.some((later) => later.step === 'sent-again' && later.at > at && later.evidence['subject'] === evidence['subject']))
    .map((step) => `${step.service}: ${describeStep(step).replace(/\.$/, '')}`);
}
