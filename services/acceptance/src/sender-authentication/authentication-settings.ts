import { isIP } from 'node:net';
import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { TRUSTED_ENTRIES_MAX } from '../limits.js';

/** report: a DMARC fail is refused, all else only said. require: what does not pass is refused. */
export const AUTHENTICATION_MODES = ['off', 'report', 'require'] as const;
export type AuthenticationMode = (typeof AUTHENTICATION_MODES)[number];

/** Whether senders must be who they say, and whose word is taken for it. */
export interface AuthenticationSettings {
  readonly mode: AuthenticationMode;
  /** authserv-ids (RFC 8601, 2.5), and names below the domains of ARC seals (RFC 8617), as ASCII in lower case. */
  readonly trustedServers: readonly string[];
  /** Addresses and networks (RFC 4632) of mail servers that hand others' mails on. */
  readonly trustedRelays: readonly string[];
}

/** What is wrong with settings that somebody wants to have. */
export interface AuthenticationProblem {
  readonly field: keyof AuthenticationSettings;
  readonly reason: string;
}

type Wanted = Readonly<Record<'trustedServers' | 'trustedRelays', readonly string[]>> & { readonly mode: string };

/** The settings in canonical form, each entry once; or the first that can't be. */
export function checkAuthenticationSettings(wanted: Wanted): AuthenticationSettings | AuthenticationProblem {
  const mode = checkMode(wanted.mode);
  if (mode === undefined) return { field: 'mode', reason: `must be ${AUTHENTICATION_MODES.join(', ')}` };
  const servers = checkList(wanted.trustedServers, (text) => parseDomain(text), 'is not the name of a server: write it as its Authentication-Results begin, for example mx.example.org');
  if ('reason' in servers) return { field: 'trustedServers', ...servers };
  const relays = checkList(wanted.trustedRelays, checkNetwork, 'is neither an IP address nor a network: write 192.0.2.1, or 192.0.2.0/24');
  if ('reason' in relays) return { field: 'trustedRelays', ...relays };
  return { mode, trustedServers: servers.entries, trustedRelays: relays.entries };
}

export function checkMode(mode: string): AuthenticationMode | undefined {
  return AUTHENTICATION_MODES.find((each) => each === mode);
}

function checkList(texts: readonly string[], check: (text: string) => string | undefined, whyNot: string): { readonly entries: string[] } | { readonly reason: string } {
  if (texts.length > TRUSTED_ENTRIES_MAX) return { reason: `has ${texts.length} entries; at most ${TRUSTED_ENTRIES_MAX} are allowed` };
  const entries = new Set<string>();
  for (const [index, text] of texts.entries()) {
    const entry = check(text.trim());
    if (entry === undefined) return { reason: `entry ${index + 1} (${JSON.stringify(text.slice(0, 80))}) ${whyNot}` };
    entries.add(entry);
  }
  return { entries: [...entries] };
}

function checkNetwork(text: string): string | undefined {
  const [, address = '', , prefix] = /^([0-9a-f.:]+)(\/(\d{1,3}))?$/u.exec(text.toLowerCase()) ?? [];
  const family = isIP(address);
  if (family === 0) return undefined;
  if (prefix === undefined) return address;
  // The whole internet hands nothing on.
  if (Number(prefix) === 0 || Number(prefix) > (family === 4 ? 32 : 128)) return undefined;
  return `${address}/${Number(prefix)}`;
}
