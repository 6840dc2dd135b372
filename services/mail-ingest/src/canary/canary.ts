import { CANARY_LATE_AFTER_MS, CANARY_LOST_AFTER_MS } from '../limits.js';

/** A mail that Inkpost sends to a mailbox of its own, to see whether it arrives. */
export interface Canary {
  readonly id: string;
  readonly mailboxId: string;
  /** The account that asked for it; empty: the schedule. */
  readonly requestedBy: string;
  readonly requestedAt: Date;
  /** What became of sending it; undefined: nobody has said so yet. */
  readonly sending: CanarySending | undefined;
  /** When it was in the ledger. */
  readonly receivedAt: Date | undefined;
}

export interface CanarySending {
  readonly mailed: boolean;
  readonly at: Date;
  /** The outgoing mail server's, or why it could not be asked. */
  readonly answer: string;
}

/**
 * sending: notification has not answered yet. under-way: the outgoing mail server took it. overdue: it should be here by now.
 * late: it came, but not in time. lost: it did not come. not-sent: the outgoing mail server didn't take it.
 */
export type CanaryState = 'sending' | 'under-way' | 'overdue' | 'arrived' | 'late' | 'lost' | 'not-sent';

/** States that an administrator should look at. */
const TROUBLED: ReadonlySet<CanaryState> = new Set(['overdue', 'late', 'lost', 'not-sent']);

export function isTroubled(state: CanaryState): boolean {
  return TROUBLED.has(state);
}

export function canaryState({ requestedAt, sending, receivedAt }: Canary, now: Date): CanaryState {
  if (receivedAt) return latencyMs({ requestedAt, receivedAt }) > CANARY_LATE_AFTER_MS ? 'late' : 'arrived';
  if (sending?.mailed === false) return 'not-sent';
  const ageMs = now.getTime() - requestedAt.getTime();
  if (ageMs > CANARY_LOST_AFTER_MS) return 'lost';
  if (ageMs > CANARY_LATE_AFTER_MS) return 'overdue';
  return sending ? 'under-way' : 'sending';
}

/** The whole way: through outgoing mail server and mail server into the ledger. */
export function latencyMs({ requestedAt, receivedAt }: { readonly requestedAt: Date; readonly receivedAt: Date }): number {
  return Math.max(0, receivedAt.getTime() - requestedAt.getTime());
}

/** When the outgoing mail server took it, as far as is known: it says so after it has it, by another machine's clock, when the mail may be here already. */
export function mailedAt({ sending, receivedAt }: Pick<Canary, 'sending' | 'receivedAt'>): Date | undefined {
  if (!sending?.mailed) return undefined;
  return receivedAt && receivedAt < sending.at ? receivedAt : sending.at;
}

/** How a canary fared, in a sentence with what to do where something is wrong. */
export function describeCanary(canary: Canary, now: Date): string {
  const { requestedAt, receivedAt, sending } = canary;
  const took = receivedAt ? duration(latencyMs({ requestedAt, receivedAt })) : '';
  const waited = duration(now.getTime() - requestedAt.getTime());
  const sentences: Readonly<Record<CanaryState, string>> = {
    sending: 'It is being handed to the outgoing mail server.',
    'under-way': `The outgoing mail server took it; it has been under way for ${waited}.`,
    overdue: sending
      ? `The outgoing mail server took it ${waited} ago, but it has not come in yet: look there for a queue or a delay, and at the mailbox's own state.`
      : `Nobody has sent it for ${waited}: is the service notification running?`,
    arrived: `It came in after ${took}.`,
    late: `It came in only after ${took}: look for a queue or a delay on the way.`,
    lost: sending
      ? 'The outgoing mail server took it, but it did not come in: look there for a bounce, and in the mail server of the mailbox for a filter that moved it.'
      : 'It was never sent: was the service notification not running?',
    // Also where no server was asked: none is set.
    'not-sent': `It was not sent: ${sending?.answer ?? ''}`,
  };
  return sentences[canaryState(canary, now)];
}

/** What is wrong with a mailbox, as far as its canary tells, in a sentence; empty: nothing. */
export function canaryProblem(canary: Canary, now: Date): string {
  if (!isTroubled(canaryState(canary, now))) return '';
  return `Canary mail of ${canary.requestedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC: ${describeCanary(canary, now)}`;
}

function duration(ms: number): string {
  if (ms < 50) return 'less than a tenth of a second';
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} seconds` : `${Math.round(ms / 60_000)} minutes`;
}
