import { describe, expect, it } from 'vitest';
import { JOB_MOVES, JOB_STATES, type JobMove, type JobState, moveJob } from './job-moves.js';

/** What is allowed, written out once more by hand: state -> move -> next state. */
const ALLOWED: Readonly<Record<JobState, Partial<Record<JobMove, JobState>>>> = {
  'pending-held': { release: 'pending', expire: 'canceled', discard: 'canceled', cancel: 'canceled' },
  pending: { begin: 'processing', cancel: 'canceled', abort: 'aborted' },
  processing: { postpone: 'pending', complete: 'completed', cancelAtPrinter: 'canceled', abandon: 'canceled', abort: 'aborted', doubt: 'processing-stopped' },
  'processing-stopped': { printAgain: 'pending', confirmPrinted: 'completed', giveUp: 'canceled' },
  completed: {},
  canceled: {},
  aborted: {},
};

/** RFC 8011 section 5.3.7: a job in one of these never changes again. */
const ENDS: readonly JobState[] = ['completed', 'canceled', 'aborted'];
const MOVES = Object.keys(JOB_MOVES) as JobMove[];

describe('the moves of a job', () => {
  const table = JOB_STATES.flatMap((state) => MOVES.map((move) => [state, move, ALLOWED[state][move]] as const));

  it.each(table)('from %s by %s leads to %s', (state, move, next) => {
    expect(moveJob(state, move)).toBe(next);
  });

  it('leave finished jobs alone', () => {
    for (const state of ENDS) {
      for (const move of MOVES) expect(moveJob(state, move)).toBeUndefined();
    }
  });

  it('reach the printer only by "begin", and only from pending', () => {
    expect(table.filter(([, , next]) => next === 'processing').map(([state, move]) => `${state} ${move}`)).toEqual(['pending begin']);
  });

  it('lead from an uncertain job only to what a person decides', () => {
    expect(Object.keys(ALLOWED['processing-stopped'])).toEqual(['printAgain', 'confirmPrinted', 'giveUp']);
  });

  it('lead every unfinished job to an end', () => {
    const ends = (state: JobState, seen: readonly JobState[]): boolean =>
      ENDS.includes(state) || MOVES.some((move) => {
        const next = moveJob(state, move);
        return next !== undefined && !seen.includes(next) && ends(next, [...seen, next]);
      });
    for (const state of JOB_STATES) expect(ends(state, [state])).toBe(true);
  });
});
