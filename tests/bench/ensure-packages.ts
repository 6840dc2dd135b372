import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ensureTestPackages } from '@inkpost/local/system-packages.js';
import { findServer } from '@inkpost/testkit/server-process.js';

const run = promisify(execFile);

/** What the classic pipeline needs besides the servers that the tests need too. */
const classicPackages = ['fetchmail', 'ripmime'];

/** Installs the real servers where that is possible (root on Debian); starts none of them. @throws Error that says what is missing. */
export async function ensurePackages(withClassic: boolean): Promise<void> {
  const { missing, reason } = await ensureTestPackages();
  if (missing.length > 0) throw new Error(`The benchmark needs ${missing.join(', ')}${reason === undefined ? '' : ` (${reason})`}.`);
  if (!withClassic || classicPackages.every(isInstalled)) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['-q', '-y', 'update'], { env });
  // --no-remove: apt gives up rather than remove anything. Without a configuration, Debian does not start fetchmail.
  await run('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends', '--no-remove', 'install', ...classicPackages], { env });
}

function isInstalled(program: string): boolean {
  try {
    findServer(program, [program]);
    return true;
  } catch {
    return false;
  }
}
