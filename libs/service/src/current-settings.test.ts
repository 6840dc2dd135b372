import { describe, expect, it } from 'vitest';
import { CurrentSettings } from './current-settings.js';

const AGE_MAX_MS = 1_000;

interface Question {
  readonly known: string | undefined;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** Settings whose questions are answered by the test, in any order. */
function settingsWithQuestions() {
  const time = { nowMs: 0 };
  const questions: Question[] = [];
  const ask = (known: string | undefined) => new Promise<string>((resolve, reject) => void questions.push({ known, resolve, reject }));
  return { time, questions, settings: new CurrentSettings(ask, AGE_MAX_MS, () => time.nowMs) };
}

describe('settings in memory', () => {
  it('are asked for once by all who come together, and not again until they are too old', async () => {
    const { time, questions, settings } = settingsWithQuestions();
    const together = Array.from({ length: 20 }, () => settings.get());
    time.nowMs = 400;
    questions[0]?.resolve('first');
    expect(new Set(await Promise.all(together))).toEqual(new Set(['first']));
    // Their age counts from the question, not from its answer.
    time.nowMs = AGE_MAX_MS - 1;
    expect(await settings.get()).toBe('first');
    expect(questions).toHaveLength(1);
    time.nowMs = AGE_MAX_MS;
    const later = settings.get();
    expect(questions.map(({ known }) => known)).toEqual([undefined, 'first']);
    questions[1]?.resolve('second');
    expect(await later).toBe('second');
  });

  it('are asked for at once after a change here, although an earlier question is under way, whose answer overwrites nothing', async () => {
    const { questions, settings } = settingsWithQuestions();
    const before = settings.get();
    settings.expire();
    const after = settings.get();
    expect(questions).toHaveLength(2);
    questions[1]?.resolve('changed');
    expect(await after).toBe('changed');
    questions[0]?.resolve('as before the change');
    expect(await before).toBe('changed');
    expect(await settings.get()).toBe('changed');
    expect(questions).toHaveLength(2);
  });

  it('are not taken for fresh by the answer to a question from before the change', async () => {
    const { questions, settings } = settingsWithQuestions();
    const before = settings.get();
    settings.expire();
    questions[0]?.resolve('as before the change');
    await before;
    const after = settings.get();
    questions[1]?.resolve('changed');
    expect(await after).toBe('changed');
  });

  it('fail while they cannot be asked for, also when older ones are known, and are asked for again by the next', async () => {
    const { time, questions, settings } = settingsWithQuestions();
    const first = settings.get();
    questions[0]?.resolve('first');
    await first;
    time.nowMs = AGE_MAX_MS;
    const failing = settings.get();
    questions[1]?.reject(new Error('away'));
    await expect(failing).rejects.toThrow('away');
    const again = settings.get();
    questions[2]?.resolve('second');
    expect(await again).toBe('second');
  });

  it('may be nothing at all, which is an answer too', async () => {
    const settings = new CurrentSettings<string | undefined>(async () => undefined, AGE_MAX_MS);
    expect(await settings.get()).toBeUndefined();
  });
});
