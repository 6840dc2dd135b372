import { clause, fact } from '../explain-journey/evidence.js';
import { describeStep } from '../explain-journey/describe-step.js';
import type { Evidence } from '../explain-journey/step.js';

/** A document as it is named in lists. */
export interface NamedDocument {
  readonly documentId: string;
  readonly fileName: string;
}

/** A message of the flow that leads to the print server. */
export interface UnderWay {
  readonly kind: 'under-way';
  readonly id: string;
  readonly messageId: string;
  readonly subject: string;
  readonly attempts: number;
  readonly waits: number;
  readonly reason: string | null;
  readonly since: Date;
  readonly dueAt: Date;
  readonly documents: readonly NamedDocument[];
}

/** A step of a journey after which nothing more happens by itself. */
export interface Standing {
  readonly kind: 'standing';
  readonly id: string;
  readonly messageId: string;
  readonly service: string;
  readonly step: string;
  readonly evidence: Evidence;
  readonly documentId: string | undefined;
  readonly since: Date;
  readonly documents: readonly NamedDocument[];
}

/** A job that another server is to print, and that it has no final answer of. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly id: string;
  readonly messageId: string;
  readonly jobState: string;
  readonly problem: string;
  readonly attempts: number;
  readonly since: Date;
  readonly nextTryAt: Date | undefined;
  readonly documents: readonly NamedDocument[];
}

export type Pending = UnderWay | Standing | Unanswered;

/** What the list says of it. */
export interface PendingState {
  readonly state: 'under-way' | 'waiting' | 'error';
  /** The texts of the status column (SKY-112, TRB-010). */
  readonly status: string;
  readonly problem: string | null;
  /** Made in vain so far. */
  readonly tries: number;
  readonly nextTryAt: Date | null;
  readonly deletable: boolean;
}

const SENDING = 'SendingPrintApi'; // SKY-123

/** What is done with documents on their way. */
const STATUS_BY_SUBJECT = new Map([
  ['mail.message-received.v1', 'Being examined'],
  ['submission.document-received.v1', 'Being examined'],
  ['acceptance.message-accepted.v1', 'Looking for the owner'],
  ['account.sender-approved.v1', 'Looking for the owner'],
  ['account.owner-resolved.v1', SENDING],
]);

export function pendingState(found: Pending): PendingState {
  switch (found.kind) {
    case 'under-way':
      return stateUnderWay(found);
    case 'standing':
      return stateStanding(found);
    case 'unanswered':
    default:
      return stateUnanswered(found);
  }
}

/** What nobody knows of waits for a person, who finds it among the jobs. */
function stateUnanswered({ jobState, problem, attempts, nextTryAt }: Unanswered): PendingState {
  const tries = { status: SENDING, tries: attempts, deletable: false };
  if (problem === '') return { state: 'under-way', ...tries, problem: null, nextTryAt: null };
  return { state: 'waiting', ...tries, problem, nextTryAt: (jobState === 'processing-stopped' ? undefined : nextTryAt) ?? null };
}

/** What waits says why and when it is tried again (SKY-113, EDG-11). */
function stateUnderWay({ subject, attempts, waits, reason, dueAt }: UnderWay): PendingState {
  const status = STATUS_BY_SUBJECT.get(subject) ?? subject;
  const tries = attempts + waits;
  if (tries === 0) return { state: 'under-way', status, problem: null, tries, nextTryAt: null, deletable: false };
  return { state: 'waiting', status, problem: withoutCode(reason ?? '') || null, tries, nextTryAt: dueAt, deletable: false };
}

function stateStanding({ service, step, evidence, documentId, since }: Standing): PendingState {
  const sentence = describeStep({ at: since, service, step, evidence, documentId });
  if (step === 'sender-awaited') return { state: 'waiting', status: sentence, problem: null, tries: 0, nextTryAt: null, deletable: false };
  // The exact texts of SKY-120 to SKY-122 and SKY-125; what was given up has none.
  const status = fact(evidence, 'statusText') || clause(evidence, 'problem') || sentence;
  return { state: 'error', status, problem: withoutStop(status) === withoutStop(sentence) ? null : sentence, tries: Number(fact(evidence, 'attempt')) || 0, nextTryAt: null, deletable: true };
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/u, '');
}

/** A failure's sentence without the code in front that is for programs. */
function withoutCode(reason: string): string {
  return reason.replace(/^[a-z][\w-]*(?:\.[\w-]+)*: /u, '');
}
