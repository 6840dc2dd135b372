import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from './project-folder.js';
import type { TestCounts } from './test-counts.js';

/** The part of vitest's JSON report (Jest's format) that is read here. */
const ReportSchema = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});
type Report = z.infer<typeof ReportSchema>;

/** Runs vitest with its own output in view, and counts. */
export async function runVitest(args: readonly string[]): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), 'inkpost-report-'));
  const reportFile = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const vitest = join(projectFolder, 'node_modules', 'vitest', 'vitest.mjs');
  // Ctrl-C reaches vitest as well, and its servers are stopped by it: wait for that.
  const waitForVitest = (): void => undefined;
  process.on('SIGINT', waitForVitest);
  try {
    const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], { cwd: projectFolder, stdio: 'inherit' });
    const endChild = (): void => {
      child.kill('SIGTERM');
    };
    process.once('SIGTERM', endChild);
    await once(child, 'exit');
    process.off('SIGTERM', endChild);
    const report = await readFile(reportFile, 'utf8').catch(() => undefined);
    return countReport(report === undefined ? undefined : ReportSchema.parse(JSON.parse(report)), child.exitCode === 0);
  } finally {
    process.off('SIGINT', waitForVitest);
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A file that failed as a whole (an import, a hook) counts as one failed test, and so does an end that no test explains
 * (an error outside all tests, no test found, no report).
 */
export function countReport(report: Report | undefined, endedWell: boolean): TestCounts {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const failedFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = tests.filter((test) => test.status === 'failed').length + failedFiles.length;
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failed === 0 && !endedWell ? 1 : failed,
    skipped: tests.filter((test) => test.status !== 'passed' && test.status !== 'failed').map((test) => test.fullName),
  };
}
