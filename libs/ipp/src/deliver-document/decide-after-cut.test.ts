import { describe, expect, it } from 'vitest';
import { decideAfterCut, type CutDecision, type CutPhase, type FoundJob } from './decide-after-cut.js';

type Content = 'empty' | 'with data' | 'not counted';
type Incoming = 'incoming' | 'settled';

function found(jobState: FoundJob['jobState'], incoming: Incoming, content: Content): FoundJob {
  const counted = content === 'not counted' ? undefined : content === 'empty' ? 0 : 12;
  const jobStateReasons = incoming === 'incoming' ? ['job-incoming'] : ['none'];
  return { jobState, jobStateReasons, jobKOctets: counted, numberOfDocuments: undefined, jobImpressionsCompleted: undefined };
}

const states = ['pending', 'pending-held', 'processing', 'processing-stopped', 'canceled', 'aborted', 'completed', 'unknown'] as const;
const incomings = ['incoming', 'settled'] as const;
const contents = ['empty', 'with data', 'not counted'] as const;

/** Every combination, written as `state incoming content`, by the decision it must lead to; the rest of a phase is `adopt`. */
const expected: Record<CutPhase, Partial<Record<Exclude<CutDecision, 'adopt'>, readonly string[]>>> = {
  creating: {
    send: ['canceled * empty', 'canceled * not counted', 'aborted * empty', 'aborted * not counted', 'completed * empty', 'completed * not counted'],
    'cancel-and-send': ['pending', 'pending-held', 'processing', 'processing-stopped', 'unknown'].flatMap((state) => [`${state} * empty`, `${state} * not counted`]),
  },
  sending: {
    send: ['aborted incoming *'],
    'cancel-and-send': [
      'pending incoming *',
      'pending-held incoming *',
      'processing incoming empty',
      'processing incoming not counted',
      'processing-stopped incoming empty',
      'processing-stopped incoming not counted',
    ],
    uncertain: ['processing incoming with data', 'processing-stopped incoming with data', 'unknown * *'],
  },
};

function decisionOf(phase: CutPhase, state: string, incoming: string, content: string): CutDecision {
  const fits = (pattern: string): boolean =>
    [`${state} ${incoming} ${content}`, `${state} * ${content}`, `${state} ${incoming} *`, `${state} * *`].includes(pattern);
  const decisions = ['send', 'cancel-and-send', 'uncertain'] as const;
  return decisions.find((decision) => expected[phase][decision]?.some(fits)) ?? 'adopt';
}

const combinations = (['creating', 'sending'] as const).flatMap((phase) =>
  states.flatMap((state) => incomings.flatMap((incoming) => contents.map((content) => ({ phase, state, incoming, content })))),
);

describe('after a cut', () => {
  it.each(combinations)('while $phase: a job $state, $incoming, $content', ({ phase, state, incoming, content }) => {
    expect(decideAfterCut({ phase, found: found(state, incoming, content) })).toBe(decisionOf(phase, state, incoming, content));
  });

  it('sends from the start when no byte had left and the printer knows no such job', () => {
    expect(decideAfterCut({ phase: 'creating', found: undefined })).toBe('send');
  });

  it('never prints a second time by itself when bytes had left and the printer knows no such job', () => {
    expect(decideAfterCut({ phase: 'sending', found: undefined })).toBe('uncertain');
  });

  it('sends again what the printer gave up before it was whole, unless pages came out', () => {
    const interrupted: FoundJob = { ...found('aborted', 'settled', 'not counted'), jobStateReasons: ['submission-interrupted'] };
    expect(decideAfterCut({ phase: 'sending', found: interrupted })).toBe('send');
    expect(decideAfterCut({ phase: 'sending', found: { ...interrupted, jobImpressionsCompleted: 1 } })).toBe('adopt');
  });

  it('takes a counted document as a document even without its size', () => {
    const job: FoundJob = { ...found('pending', 'settled', 'not counted'), numberOfDocuments: 1 };
    expect(decideAfterCut({ phase: 'creating', found: job })).toBe('adopt');
  });
});
