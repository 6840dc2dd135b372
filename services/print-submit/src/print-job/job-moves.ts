/** IPP's job-state (RFC 8011 section 5.3.7). */
export const JOB_STATES = ['pending-held', 'pending', 'processing', 'processing-stopped', 'completed', 'canceled', 'aborted'] as const;

export type JobState = (typeof JOB_STATES)[number];

interface Move {
  readonly from: readonly JobState[];
  readonly to: JobState;
}

/**
 * Every way a job's state changes. Statements take their condition and their result from here, so that what the table doesn't
 * allow moves no row. processing-stopped is ours for one thing alone: nobody can say whether the job came out.
 */
export const JOB_MOVES = {
  /** The code was given, or an administrator released it. */
  release: { from: ['pending-held'], to: 'pending' },
  /** Its time ran out before anybody fetched it. */
  expire: { from: ['pending-held'], to: 'canceled' },
  /** Its owner deleted it; what was released a moment ago is printed. */
  discard: { from: ['pending-held'], to: 'canceled' },
  /** An administrator canceled it before any printer had it. */
  cancel: { from: ['pending-held', 'pending'], to: 'canceled' },
  /** A delivery to the printer begins. */
  begin: { from: ['pending'], to: 'processing' },
  /** The printer has nothing of it and cannot take it now. */
  postpone: { from: ['processing'], to: 'pending' },
  /** The printer says that it printed it. */
  complete: { from: ['processing'], to: 'completed' },
  /** It was canceled at the printer. */
  cancelAtPrinter: { from: ['processing'], to: 'canceled' },
  /** An administrator no longer waits for a printer that has it, or may have it, and can't be reached. */
  abandon: { from: ['processing'], to: 'canceled' },
  /** It will never be printed: the printer refuses the document, gave the job up, or never came back. */
  abort: { from: ['pending', 'processing'], to: 'aborted' },
  /** The printer may have printed it, and can't say. */
  doubt: { from: ['processing'], to: 'processing-stopped' },
  /** A person looked: nothing came out, print it. */
  printAgain: { from: ['processing-stopped'], to: 'pending' },
  /** A person looked: it is on paper. */
  confirmPrinted: { from: ['processing-stopped'], to: 'completed' },
  /** A person looked, and wants no print. */
  giveUp: { from: ['processing-stopped'], to: 'canceled' },
} as const satisfies Record<string, Move>;

export type JobMove = keyof typeof JOB_MOVES;

/** The state after the move; undefined when the move is not allowed from this state. */
export function moveJob(state: JobState, move: JobMove): JobState | undefined {
  const { from, to }: Move = JOB_MOVES[move];
  return from.includes(state) ? to : undefined;
}
