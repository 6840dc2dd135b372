import { CauseDown } from '@inkpost/failure/failure.js';
import { describe, expect, it } from 'vitest';
import type { Found, PeopleDirectory } from '../ports/directory.port.js';
import { LiveDirectory } from './live-directory.js';

const ada = { kind: 'found', person: { accountId: 'a', reference: 'uid=ada', login: 'ada', displayName: 'Ada', addresses: ['ada@example.org'], language: '', locked: false } } satisfies Found;
const down = new CauseDown('server.fault', 'It is down.');

/** A directory whose answers the test gives, with the clock in its hands. */
function asked(answer: () => Promise<Found>, ages = { cacheSeconds: 300, missCacheSeconds: 60 }) {
  const state = { questions: 0, now: 0, answer };
  const people: PeopleDirectory = {
    findByAddress: () => {
      state.questions += 1;
      return state.answer();
    },
    findByLogin: async () => ({ kind: 'nobody' }), groupsOf: async () => [], checkCredentials: async () => false, close: () => undefined,
    testWay: () => ({ steps: [], close: async () => undefined }),
  };
  return { state, people, live: new LiveDirectory(people, ages, () => state.now) };
}

const outcome = (work: Promise<unknown>) => work.then(() => 'answered', (error: unknown) => error);

describe('an answer', () => {
  it('holds for its time and says its age, then the directory is asked anew', async () => {
    const { state, live } = asked(async () => ada);
    expect(await live.findByAddress('ada@example.org')).toMatchObject({ found: ada, ageSeconds: 0 });
    state.now = 299_999;
    expect(await live.findByAddress('ada@example.org')).toMatchObject({ found: ada, ageSeconds: 299 });
    expect(state.questions).toBe(1);
    state.now = 300_000;
    expect(await live.findByAddress('ada@example.org')).toMatchObject({ found: ada, ageSeconds: 0 });
    expect(state.questions).toBe(2);
  });

  it.each([{ kind: 'nobody' }, { kind: 'ambiguous', logins: ['a', 'b'] }] as const)('$kind holds for a shorter time of its own', async (found) => {
    const { state, live } = asked(async () => found);
    await live.findByAddress('ada@example.org');
    state.now = 59_999;
    await live.findByAddress('ada@example.org');
    expect(state.questions).toBe(1);
    state.now = 60_000;
    await live.findByAddress('ada@example.org');
    expect(state.questions).toBe(2);
  });

  it('is not kept where its time is 0, or once it is forgotten', async () => {
    const { state, live } = asked(async () => ada, { cacheSeconds: 0, missCacheSeconds: 0 });
    await live.findByAddress('ada@example.org');
    await live.findByAddress('ada@example.org');
    expect(state.questions).toBe(2);
    const other = asked(async () => ada);
    await other.live.findByAddress('ada@example.org');
    other.live.forget('ada@example.org');
    await other.live.findByAddress('ada@example.org');
    expect(other.state.questions).toBe(2);
  });

  it('is asked for once when ten mails of one sender come together', async () => {
    const { state, live } = asked(async () => ada);
    expect(await Promise.all(Array.from({ length: 10 }, () => live.findByAddress('ada@example.org')))).toEqual(Array.from({ length: 10 }, () => ({ found: ada, groups: [], groupsProblem: undefined, ageSeconds: 0 })));
    expect(state.questions).toBe(1);
  });
});

describe('a directory that is down', () => {
  it('is left alone for growing pauses, and then asked by one mail only', async () => {
    const { state, live } = asked(async () => Promise.reject(down));
    expect(await outcome(live.findByAddress('1@example.org'))).toBe(down);
    expect(live.health).toMatchObject({ state: 'down', problem: 'It is down.' });
    for (const [pauseMs, questions] of [[1_000, 2], [2_000, 3], [4_000, 4], [8_000, 5], [16_000, 6], [30_000, 7], [30_000, 8]] as const) {
      state.now += pauseMs - 1;
      expect(await outcome(live.findByAddress('2@example.org'))).toBe(down);
      expect(state.questions).toBe(questions - 1);
      state.now += 1;
      expect(await Promise.all([outcome(live.findByAddress('3@example.org')), outcome(live.findByAddress('4@example.org'))])).toEqual([down, down]);
      expect(state.questions).toBe(questions);
    }
  });

  it('makes nobody wait for the mail that tries it', async () => {
    const silent = Promise.withResolvers<Found>();
    const { state, live } = asked(async () => Promise.reject(down));
    await outcome(live.findByAddress('1@example.org'));
    state.now = 1_000;
    state.answer = () => silent.promise;
    const trying = live.findByAddress('2@example.org');
    expect(await outcome(live.findByAddress('3@example.org'))).toBe(down);
    silent.resolve(ada);
    expect(await trying).toMatchObject({ found: ada });
    expect(live.health).toMatchObject({ state: 'answers', problem: '' });
    expect(await live.findByAddress('3@example.org')).toMatchObject({ found: ada });
  });

  it('still stands by the answers that it gave, for their time', async () => {
    const { state, live } = asked(async () => ada);
    await live.findByAddress('ada@example.org');
    state.answer = async () => Promise.reject(down);
    expect(await outcome(live.findByAddress('1@example.org'))).toBe(down);
    expect(await live.findByAddress('ada@example.org')).toMatchObject({ found: ada });
  });

  it('is not the one in which we made a mistake', async () => {
    const { live } = asked(async () => Promise.reject(new TypeError('ours')));
    expect(await outcome(live.findByAddress('1@example.org'))).toBeInstanceOf(TypeError);
    expect(live.health.state).toBe('unused');
  });
});

describe('the groups of somebody who was found', () => {
  /** A directory that is asked for groups alone. */
  function grouped(groupsOf: () => Promise<readonly string[]>, ages: { cacheSeconds: number; missCacheSeconds: number }) {
    const { state, live, people } = asked(async () => ada, ages);
    const counts = { groups: 0 };
    people.groupsOf = () => {
      counts.groups += 1;
      return groupsOf();
    };
    return { state, live, counts };
  }

  it('are kept with the answer, and for a while of their own where answers are not kept', async () => {
    const { state, live, counts } = grouped(async () => ['Staff'], { cacheSeconds: 0, missCacheSeconds: 0 });
    for (const now of [0, 1, 299_999]) {
      state.now = now;
      expect(await live.findByAddress('ada@example.org')).toMatchObject({ groups: ['Staff'], ageSeconds: 0 });
    }
    expect([state.questions, counts.groups]).toEqual([3, 1]);
    state.now = 300_000;
    await live.findByAddress('ada@example.org');
    expect(counts.groups).toBe(2);
  });

  it('are not asked for where they came with the person', async () => {
    const { state, live, counts } = grouped(async () => ['never'], { cacheSeconds: 0, missCacheSeconds: 0 });
    state.answer = async () => ({ ...ada, person: { ...ada.person, groups: ['Board'] } });
    expect(await live.findByAddress('ada@example.org')).toMatchObject({ groups: ['Board'] });
    expect(counts.groups).toBe(0);
  });

  it('that can\'t be read keep nobody from printing; why is said, and they are asked for again soon', async () => {
    const answers = [() => Promise.reject(new CauseDown('server.fault', 'No permission.')), () => Promise.resolve(['Staff'])];
    const { state, live } = grouped(async () => (answers.shift() ?? (() => Promise.resolve([])))(), { cacheSeconds: 300, missCacheSeconds: 60 });
    expect(await live.findByAddress('ada@example.org')).toMatchObject({ found: ada, groups: [], groupsProblem: 'No permission.' });
    expect(live.health.state).toBe('answers');
    state.now = 60_000;
    expect(await live.findByAddress('ada@example.org')).toMatchObject({ groups: ['Staff'], groupsProblem: undefined });
  });
});
