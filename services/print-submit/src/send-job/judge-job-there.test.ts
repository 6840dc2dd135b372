import { describe, expect, it } from 'vitest';
import type { JobThere } from '../ports/print-server.port.js';
import { judgeJobThere, sayOfJobThere } from './judge-job-there.js';

const there = (more: Partial<JobThere>): JobThere => ({ jobId: 'there', jobState: 'pending-held', jobStateReason: 'job-hold-until-specified', problem: '', final: false, pages: 3, impressions: null, sheets: null, ...more });

describe('a job on the other server', () => {
  it('is not over while that server doesn\'t say so, whatever its state is called', () => {
    expect(judgeJobThere(there({}))).toBeUndefined();
    expect(judgeJobThere(there({ jobState: 'completed' }))).toBeUndefined();
  });

  it('is printed when it says so, with what came out as far as it says', () => {
    expect(judgeJobThere(there({ jobState: 'completed', jobStateReason: 'job-completed-successfully', final: true, impressions: 6, sheets: 3 })))
      .toEqual({ move: 'complete', reason: 'job-completed-successfully', problem: '', count: { impressions: 6, sheets: 3, countedBy: 'printer' }, ownerIsUntold: false });
    expect(judgeJobThere(there({ jobState: 'completed', final: true, impressions: 6 }))).toMatchObject({ move: 'complete', count: undefined });
  });

  it('was canceled or given up there, and its owner hears of it from there', () => {
    expect(judgeJobThere(there({ jobState: 'canceled', jobStateReason: 'expired', problem: 'The document was not fetched in time.', final: true }))).toMatchObject({ move: 'cancelAtPrinter', reason: 'expired', problem: 'The document was not fetched in time.', ownerIsUntold: false });
    expect(judgeJobThere(there({ jobState: 'aborted', jobStateReason: 'unsupported-document-format', final: true }))).toMatchObject({ move: 'abort', problem: 'The other server gave it up.', ownerIsUntold: false });
  });

  it('that never became one is told of from here', () => {
    expect(judgeJobThere(there({ jobState: 'aborted', jobStateReason: 'no-account', problem: 'No user found with e-mail address: x@example.org', final: true, pages: null }))).toMatchObject({ move: 'abort', reason: 'no-account', ownerIsUntold: true });
  });

  it('says where it stands', () => {
    expect(sayOfJobThere(there({}))).toBe('It is held on the other server until its owner releases it.');
    expect(sayOfJobThere(there({ jobStateReason: 'printer-unreachable', problem: 'The printer is off.' }))).toBe('The printer is off.');
    expect(sayOfJobThere(there({ jobStateReason: 'none' }))).toBe('');
  });
});
