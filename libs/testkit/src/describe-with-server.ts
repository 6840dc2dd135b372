import { describe } from 'vitest';
import { findServer } from './server-process.js';
import { ServerMissing } from './server-missing.js';

/** The real servers and clients that tests talk to, each with the Debian packages that bring it. */
const servers = {
  chromium: { program: 'chromium', packages: ['chromium'] },
  cupsd: { program: 'cupsd', packages: ['cups-daemon', 'cups-client'] },
  dovecot: { program: 'dovecot', packages: ['dovecot-imapd', 'dovecot-pop3d', 'dovecot-lmtpd'] },
  ghostscript: { program: 'gs', packages: ['ghostscript'] },
  ippeveprinter: { program: 'ippeveprinter', packages: ['cups-ipp-utils', 'dbus'] },
  ipptool: { program: 'ipptool', packages: ['cups-ipp-utils'] },
  mariadb: { program: 'mariadbd', packages: ['mariadb-server-core'] },
  slapd: { program: 'slapd', packages: ['slapd', 'ldap-utils'] },
  swaks: { program: 'swaks', packages: ['swaks'] },
} as const;

export type ServerName = keyof typeof servers;

/**
 * `describe` for tests that need real servers: without one of them they are skipped, with the reason in their name.
 * With `CI=true` they run all the same, and fail with that reason: a build server must not pass over them in silence.
 */
export function describeWithServer(needed: ServerName | readonly ServerName[], name: string, body: () => void): void {
  const reasons = [needed].flat().map((server) => whyMissing(server));
  const reason = process.env['CI'] === 'true' ? undefined : reasons.find((each) => each !== undefined);
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} [skipped: ${reason}]`, body);
}

/** Dovecot drops its rights by itself, and must have some to drop. */
const needsRoot: ReadonlySet<ServerName> = new Set(['dovecot']);

function whyMissing(server: ServerName): string | undefined {
  const { program, packages } = servers[server];
  if (needsRoot.has(server) && process.getuid?.() !== 0) return `${server} starts as root only`;
  try {
    findServer(program, packages);
    return undefined;
  } catch (error) {
    if (error instanceof ServerMissing) return error.message;
    throw error;
  }
}
