import { describe, expect, it } from 'vitest';
import { addCounts, summaryLine } from './test-counts.js';
import { countReport } from './vitest-run.js';

const passed = { status: 'passed', fullName: 'passes' };
const failed = { status: 'failed', fullName: 'fails' };
const skipped = { status: 'skipped', fullName: 'needs Dovecot' };

describe('the count of a vitest report', () => {
  it('counts tests by how they ended, and names the skipped ones', () => {
    const report = { testResults: [{ status: 'failed', assertionResults: [passed, failed, skipped, { ...skipped, status: 'todo' }] }] };
    expect(countReport(report, false)).toEqual({ passed: 1, failed: 1, skipped: ['needs Dovecot', 'needs Dovecot'] });
  });

  it('counts a file that failed before its tests as one failed test', () => {
    const report = { testResults: [{ status: 'failed', assertionResults: [] }, { status: 'passed', assertionResults: [passed] }] };
    expect(countReport(report, false)).toEqual({ passed: 1, failed: 1, skipped: [] });
  });

  it('never calls a run green that ended badly', () => {
    expect(countReport(undefined, false).failed).toBe(1);
    expect(countReport({ testResults: [{ status: 'passed', assertionResults: [passed] }] }, false).failed).toBe(1);
    expect(countReport({ testResults: [{ status: 'passed', assertionResults: [passed] }] }, true).failed).toBe(0);
  });
});

describe('the last line of npm test', () => {
  const counts = [
    { passed: 3, failed: 0, skipped: [] },
    { passed: 10, failed: 1, skipped: ['needs Dovecot'] },
  ];

  it('adds up, and tells of skipped tests only if there are', () => {
    expect(summaryLine(addCounts(counts, false), false)).toBe('13 passed, 1 failed, 1 skipped');
    expect(summaryLine(addCounts(counts.slice(0, 1), false), false)).toBe('3 passed, 0 failed');
  });

  it('counts skipped tests as failed on a build server', () => {
    expect(summaryLine(addCounts(counts, true), true)).toBe('13 passed, 2 failed');
  });
});
