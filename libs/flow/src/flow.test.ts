import { describe, expect, it } from 'vitest';
import { FLOW, FLOW_ORDER, mailFlow } from './flow.js';

describe('the flow table', () => {
  it('lets a mail only go forward: a service addresses itself or one further on', () => {
    const backward = Object.entries(mailFlow).filter(([, { from, to }]) => to.some((consumer) => FLOW_ORDER.indexOf(consumer) < FLOW_ORDER.indexOf(from)));
    expect(backward).toEqual([]);
  });

  it('names each subject after its area, a noun, a past verb and a version', () => {
    expect(Object.keys(FLOW).filter((subject) => !/^[a-z]+\.[a-z]+(-[a-z]+)*(ed|ing)\.v\d+$/.test(subject) && subject !== 'print.job-held.v1')).toEqual([]);
  });

  it('gives every subject attempts, a backoff and at least one consumer', () => {
    for (const { to, attemptsMax, backoffSeconds } of Object.values(FLOW)) {
      expect(to.length).toBeGreaterThan(0);
      expect(attemptsMax).toBeGreaterThan(1);
      expect(backoffSeconds).toBeGreaterThan(0);
    }
  });
});
