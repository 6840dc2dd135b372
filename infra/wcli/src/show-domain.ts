import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { DomainAnswer, MemberEntry } from '@inkpost/contracts/domain/v1/admission_pb.js';

type Timestamp = MemberEntry['lastSeenAt'];

/** For programs: the server, its domain, and the servers of it with what DOM-016 lists. */
export function domainJson({ role, serverId, serverName, version, membership }: DomainAnswer): Record<string, unknown> {
  return {
    role, serverId, serverName, version,
    domain: membership ? { domainId: membership.domainId, name: membership.name, description: membership.description, identifier: membership.identifier, epoch: Number(membership.epoch), masterId: membership.masterId } : null,
    servers: (membership?.members ?? []).map((each) => ({
      serverId: each.serverId, name: each.name, tags: each.tags, version: each.version, role: each.role, lastSeenAt: instant(each.lastSeenAt), dns: each.dns, dnsAlias: each.dnsAlias, ip: each.ip, uri: each.uri,
      startedAt: instant(each.startedAt), load: each.load, diskFreeBytes: Number(each.diskFreeBytes), diskSizeBytes: Number(each.diskSizeBytes), certificateEndsAt: instant(each.certificateEndsAt), mayBePromoted: each.mayBePromoted,
    })),
  };
}

export function statusLines({ role, serverId, serverName, version, membership }: DomainAnswer): string[] {
  const own = [`Server ${serverName} (${serverId})`, `Version ${version}`, `Role    ${role.toUpperCase()}`];
  if (!membership) return own;
  const master = membership.members.find((each) => each.serverId === membership.masterId);
  return [...own, `Domain  ${membership.name} (${membership.domainId})`, `Master  ${master?.name ?? membership.masterId} ${master?.uri ?? ''}`.trimEnd(), `Servers ${membership.members.length}`];
}

const COLUMNS = ['Identifier', 'Name', 'Tags', 'Version', 'Role', 'Last seen', 'DNS', 'DNS alias', 'IP address', 'URI', 'Uptime', 'Load', 'Disk free'];
const DAY_MS = 86_400_000;

/** The servers of a domain, a line each, in columns (DOM-016). */
export function serverTable(members: readonly MemberEntry[], now: Date): string[] {
  const rows = [COLUMNS, ...members.map((each) => [
    each.serverId, each.name, each.tags.join(','), each.version, each.role === 'master' ? 'Master (Primary)' : 'Slave', instant(each.lastSeenAt) ?? '-', each.dns, each.dnsAlias, each.ip, each.uri,
    uptime(each.startedAt, now), each.load.toFixed(2), each.diskSizeBytes === 0n ? '-' : `${Math.round(Number((each.diskFreeBytes * 1000n) / each.diskSizeBytes) / 10)}%`,
  ])];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => (cell === '' ? '-' : cell).padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

function uptime(startedAt: Timestamp, now: Date): string {
  if (!startedAt) return '-';
  const ms = Math.max(0, now.getTime() - timestampDate(startedAt).getTime());
  return ms < DAY_MS ? `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min` : `${Math.floor(ms / DAY_MS)} d`;
}

function instant(timestamp: Timestamp): string | null {
  return timestamp ? timestampDate(timestamp).toISOString() : null;
}
