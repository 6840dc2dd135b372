import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { MemberEntry, Membership } from '@inkpost/contracts/domain/v1/admission_pb.js';
import type { Domain, Member } from './domain.js';

type Wire<T> = Omit<T, '$typeName' | '$unknown'>;

/** A domain and its members, for another server or the gateway. */
export function toMembership(domain: Domain, members: readonly Member[]) {
  const { domainId, name, description, identifier, succession, settings, revision, epoch, masterId } = domain;
  return {
    domainId, name, description, identifier, succession, settings: JSON.stringify(settings), revision: BigInt(revision), epoch: BigInt(epoch), masterId,
    members: members.map(toEntry),
  };
}

function toEntry({ tags, certificateEndsAt, joinedAt, lastSeenAt, startedAt, diskFreeBytes, diskSizeBytes, ...member }: Member) {
  return {
    ...member, tags: [...tags], certificateEndsAt: timestampFromDate(certificateEndsAt), joinedAt: timestampFromDate(joinedAt),
    ...(lastSeenAt ? { lastSeenAt: timestampFromDate(lastSeenAt) } : {}), ...(startedAt ? { startedAt: timestampFromDate(startedAt) } : {}),
    diskFreeBytes: BigInt(diskFreeBytes), diskSizeBytes: BigInt(diskSizeBytes),
  };
}

/** What the master says of a member. */
export function memberOf(entry: Wire<MemberEntry>, masterId: string): Member {
  const { certificateEndsAt, joinedAt, lastSeenAt, startedAt, diskFreeBytes, diskSizeBytes, ...plain } = entry;
  return {
    ...plain, role: entry.serverId === masterId ? 'master' : 'slave',
    certificateEndsAt: certificateEndsAt ? timestampDate(certificateEndsAt) : new Date(0), joinedAt: joinedAt ? timestampDate(joinedAt) : new Date(0),
    lastSeenAt: lastSeenAt ? timestampDate(lastSeenAt) : null, startedAt: startedAt ? timestampDate(startedAt) : null,
    diskFreeBytes: Number(diskFreeBytes), diskSizeBytes: Number(diskSizeBytes),
  };
}

/** All that a slave is told. */
export type ToldMembership = Wire<Membership>;
