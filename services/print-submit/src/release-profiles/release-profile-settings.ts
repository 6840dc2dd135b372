import { isIP } from 'node:net';
import { releaseProfileLimits } from '../limits.js';
import { checkIdentifier, checkName } from '../queues/check-properties.js';
import { MEANS, type Means } from './identification.js';

/** By which means people say who they are, and where this holds (WD-027). */
export interface ReleaseProfileSettings {
  readonly profileId: string;
  readonly name: string;
  readonly means: readonly Means[];
  readonly idleSeconds: number;
  readonly isDefault: boolean;
  readonly queueIds: readonly string[];
  readonly locationIds: readonly string[];
  readonly networks: readonly string[];
}

/** What is wrong with a field (its JSON name), and what to do. */
interface ProfileProblem {
  readonly field: string;
  readonly reason: string;
}

/** As it comes from outside: `means` are any texts. */
export type WantedReleaseProfile = Omit<ReleaseProfileSettings, 'means'> & { readonly means: readonly string[] };

/** The settings as they are stored, or the first problem. Zero seconds mean the default. */
export function checkReleaseProfile(wanted: WantedReleaseProfile): ReleaseProfileSettings | ProfileProblem {
  const { assignmentsMax, idleSecondsMin, idleSecondsMax, idleSecondsDefault } = releaseProfileLimits;
  const networks = wanted.networks.map((network) => normalNetwork(network.trim()));
  const settings = {
    ...wanted,
    name: wanted.name.trim(), idleSeconds: wanted.idleSeconds === 0 ? idleSecondsDefault : wanted.idleSeconds,
    // In the order in which a page offers them.
    means: MEANS.filter((each) => wanted.means.includes(each)),
    queueIds: [...new Set(wanted.queueIds)], locationIds: [...new Set(wanted.locationIds)], networks: [...new Set(networks.filter((network) => network !== undefined))],
  };
  const tooMany = (list: readonly string[]) => (list.length > assignmentsMax ? `must be at most ${assignmentsMax}` : undefined);
  const checks = {
    profileId: checkIdentifier(settings.profileId),
    name: checkName(settings.name),
    means: settings.means.length === 0 || wanted.means.some((each) => !MEANS.some((known) => known === each)) ? `must be one or more of ${MEANS.join(', ')}` : undefined,
    idleSeconds: settings.idleSeconds < idleSecondsMin || settings.idleSeconds > idleSecondsMax ? `must be ${idleSecondsMin} to ${idleSecondsMax}` : undefined,
    queueIds: tooMany(wanted.queueIds),
    locationIds: tooMany(wanted.locationIds),
    networks: networks.includes(undefined) ? 'must each be an address or a network such as 192.0.2.0/24 or 2001:db8::/32, of IPv6 with at most 64 bits' : tooMany(wanted.networks),
  };
  for (const [field, reason] of Object.entries(checks)) {
    if (reason !== undefined) return { field, reason };
  }
  return settings;
}

/** As PostgreSQL's `inet` writes it, without the bits behind the network. Undefined: it is no network that release points can be in. */
export function normalNetwork(text: string): string | undefined {
  const { address = '', bits: written } = /^(?<address>[^/%]+)(?:\/(?<bits>\d{1,3}))?$/u.exec(text)?.groups ?? {};
  const family = isIP(address);
  const bitsMax = family === 4 ? 32 : releaseProfileLimits.ipv6BitsMax;
  const bits = Number(written ?? bitsMax);
  if (family === 0 || bits > bitsMax) return undefined;
  // The URL standard writes an IPv6 address as RFC 5952 wants it, which is how PostgreSQL does.
  return family === 4 ? shown(masked(address.split('.').map(Number), 8, bits).join('.'), bits, 32) : shown(new URL(`http://[${maskedGroups(address, bits)}]`).hostname.slice(1, -1), bits, 128);
}

function shown(address: string, bits: number, bitsAll: number): string {
  return bits === bitsAll ? address : `${address}/${bits}`;
}

function masked(parts: readonly number[], width: number, bits: number): number[] {
  return parts.map((part, index) => {
    const kept = Math.min(Math.max(bits - index * width, 0), width);
    return part & ~(2 ** (width - kept) - 1) & (2 ** width - 1);
  });
}

function maskedGroups(address: string, bits: number): string {
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
  return masked(all, 16, bits).map((group) => group.toString(16)).join(':');
}
