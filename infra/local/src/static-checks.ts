import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Steps } from '../steps.mjs';
import { projectFolder } from './project-folder.js';
import type { TestCounts } from './test-counts.js';

const run = promisify(execFile);

/** npm script -> what it looks at. Each counts as one test. */
const staticChecks = {
  lint: 'Lint',
  unused: 'Unused exports, files and dependencies',
  proto: 'Contracts: style and compatibility',
};

/** Runs them one after the other; shows what one says when it fails. */
export async function runStaticChecks(steps: Steps): Promise<TestCounts> {
  let failed = 0;
  for (const [script, title] of Object.entries(staticChecks)) {
    await steps
      .run(title, async () => {
        await run('npm', ['run', '--silent', script], { cwd: projectFolder, maxBuffer: 64 * 1024 * 1024 });
      })
      .catch((error: { readonly stdout?: string; readonly stderr?: string; readonly message: string }) => {
        failed += 1;
        const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim();
        steps.line(said === '' ? error.message : said);
      });
  }
  return { passed: Object.keys(staticChecks).length - failed, failed, skipped: [] };
}
