import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { findServer } from '@inkpost/testkit/server-process.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { VirtualPrinter } from './virtual-printer/virtual-printer.js';

const suites = '/usr/share/cups/ipptool';
/** Debian ships the suites without the documents they name. */
const documents = ['document-a4.pdf', 'document-letter.pdf', 'document-a4.ps', 'document-letter.ps', 'color.jpg', 'gray.jpg'];

interface Score {
  readonly pass: number;
  readonly fail: number;
  readonly skip: number;
  readonly report: string;
}

function runSuite(ipptool: string, suite: string, document: string, uri: string): Promise<Score> {
  return new Promise((resolve) => {
    // Its exit code says no more than the report: it is 1 when a test failed.
    execFile(ipptool, ['-t', '-f', document, uri, suite], { timeout: 60_000 }, (_error, stdout, stderr) => {
      const count = (mark: string): number => stdout.split(`[${mark}]`).length - 1;
      resolve({ pass: count('PASS'), fail: count('FAIL'), skip: count('SKIP'), report: stdout + stderr });
    });
  });
}

describeWithServer('ipptool', 'the virtual printer under ipptool', () => {
  let folder: string;
  let printer: VirtualPrinter;
  let ipptool: string;

  beforeAll(async () => {
    ipptool = findServer('ipptool', ['cups-ipp-utils']);
    folder = await mkdtemp(join(tmpdir(), 'ipp-'));
    for (const suite of ['ipp-1.1.test', 'ipp-2.0.test']) await copyFile(join(suites, suite), join(folder, suite));
    for (const name of documents) await writeFile(join(folder, name), '%PDF-1.7\n');
    // Long enough that the suite finds its job unfinished when it lists jobs.
    printer = await VirtualPrinter.start({ outputFolder: join(folder, 'printed'), printingTimeMs: 300 });
  });

  afterAll(async () => {
    await printer?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    { suite: 'ipp-1.1.test', passAtLeast: 30 },
    { suite: 'ipp-2.0.test', passAtLeast: 31 },
  ])('passes $suite', { timeout: 90_000 }, async ({ suite, passAtLeast }) => {
    const score = await runSuite(ipptool, join(folder, suite), join(folder, 'document-a4.pdf'), printer.uri);
    expect(score.report).not.toContain('cannot be read');
    expect(score.fail, score.report).toBe(0);
    expect(score.pass, score.report).toBeGreaterThanOrEqual(passAtLeast);
  });
});
