import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PermanentFailure } from '@inkpost/failure/failure.js';

const run = promisify(execFile);

/**
 * Debian's packages with the real servers that the tests talk to. Never ippsample: it removes CUPS.
 */
const testPackages = [
  'chromium',
  'cups-client',
  'cups-daemon',
  'cups-ipp-utils',
  'dbus',
  'dovecot-imapd',
  'dovecot-lmtpd',
  'dovecot-pop3d',
  'ghostscript',
  'ldap-utils',
  'mariadb-server-core',
  'slapd',
  'swaks',
];

/** What is there now; `missing` with its reason when packages could not be had. */
export interface SystemPackages {
  readonly installed: readonly string[];
  readonly missing: readonly string[];
  readonly reason?: string;
}

/**
 * Installs what is missing, as root on Debian; starts none of it.
 * @throws PermanentFailure `local.packages-conflict` when apt would remove something, `local.packages-failed` with apt's words.
 */
export async function ensureTestPackages(): Promise<SystemPackages> {
  if (!existsSync('/etc/debian_version')) {
    return { installed: [], missing: testPackages, reason: 'this is not Debian' };
  }
  const missing = await missingPackages();
  if (missing.length === 0) return { installed: [], missing };
  if (process.getuid?.() !== 0) return { installed: [], missing, reason: 'only root can install them' };
  await apt('update');
  const plan = await apt('install', '--simulate', ...missing);
  const removed = [...plan.matchAll(/^Remv (\S+)/gm)].map((match) => match[1]);
  if (removed.length > 0) {
    const message = `apt would remove ${removed.join(', ')} to install ${missing.join(', ')}: nothing was changed`;
    throw new PermanentFailure('local.packages-conflict', message);
  }
  await withoutStarting(() => apt('install', ...missing));
  return { installed: missing, missing: [] };
}

async function missingPackages(): Promise<string[]> {
  // dpkg-query fails as soon as one name is unknown to it, and lists the others all the same.
  const listing = await run('dpkg-query', ['--show', '--showformat=${db:Status-Abbrev} ${Package}\n', ...testPackages]).catch(
    (error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  const installed = new Set([...listing.stdout.matchAll(/^ii\s+(\S+)/gm)].map((match) => match[1]));
  return testPackages.filter((name) => !installed.has(name));
}

async function apt(action: 'update' | 'install', ...args: string[]): Promise<string> {
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const { stdout } = await run('apt-get', [...options, action, ...args], { env, maxBuffer: 64 * 1024 * 1024 }).catch(
    (cause: unknown) => {
      const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
      throw new PermanentFailure('local.packages-failed', `apt-get ${action} failed: ${said.trim()}`, { cause });
    },
  );
  return stdout;
}

const policyFile = '/usr/sbin/policy-rc.d';
const policyMark = '# Made by Inkpost while it installs packages for its tests.';

/** Debian asks policy-rc.d before it starts an installed service; 101 = "no". An administrator's own one is left alone. */
async function withoutStarting(install: () => Promise<unknown>): Promise<void> {
  const present = await readFile(policyFile, 'utf8').catch(() => undefined);
  const isOurs = present === undefined || present.includes(policyMark);
  if (isOurs) await writeFile(policyFile, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
  try {
    await install();
  } finally {
    if (isOurs) await rm(policyFile, { force: true });
  }
}
