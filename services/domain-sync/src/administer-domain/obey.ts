import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AnswerSchema, Command } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { refusal } from '../domain/refuse.js';
import type { ObjectDifference, SlaveStandings } from '../administer-replication/slave-standings.js';
import type { Member } from '../domain/domain.js';
import type { AdministerDomain } from './administer-domain.js';

export interface Obeying {
  readonly administer: AdministerDomain;
  readonly standings: SlaveStandings;
}

type Answer = NonNullable<MessageInitShape<typeof AnswerSchema>['answer']>;

/** What is done for whoever proved the maintenance password: wcli, or another server's administrator. `certificateSha256`: of the door that was proven to. */
export async function obey({ command }: Command, certificateSha256: string, { administer, standings }: Obeying): Promise<Answer> {
  switch (command.case) {
    case 'createDomain':
      await administer.create(command.value);
      break;
    case 'giveTicket': {
      const { ticket, masterUri, domain, version } = await administer.giveTicket(command.value);
      return { case: 'ticket', value: { ticket, masterUri, masterCertificateSha256: certificateSha256, domainId: domain.domainId, domainName: domain.name, version } };
    }
    case 'joinDomain':
      await administer.join(command.value);
      break;
    case 'leaveDomain':
      await administer.leave(command.value.withoutMaster);
      break;
    case 'promote':
      await administer.promote(command.value.serverId);
      break;
    case 'readDifferences': {
      const slaves = await slavesOf(command.value.serverId, standings);
      return { case: 'differences', value: { servers: slaves.map((slave) => toDifferences(slave, standings.differences(slave.serverId))) } };
    }
    case 'push': {
      const slaves = await slavesOf(command.value.serverId, standings);
      standings.push(slaves);
      return { case: 'push', value: { servers: slaves.length } };
    }
    case 'readDomain':
      break;
    case undefined:
    default:
      throw refusal('invalid', 'This server does not know this command: its version is older.');
  }
  return { case: 'domain', value: await administer.describe() };
}

async function slavesOf(serverId: string, standings: SlaveStandings) {
  const slaves = await standings.slaves();
  const wanted = slaves.filter((slave) => serverId === '' || slave.serverId === serverId);
  if (wanted.length === 0 && serverId !== '') throw refusal('invalid', `The domain has no slave ${serverId.slice(0, 36)}.`);
  return wanted;
}

function toDifferences({ serverId, name }: Member, differences: readonly ObjectDifference[] | undefined) {
  return { serverId, name, wasHeard: differences !== undefined, differences: (differences ?? []).map(({ kind, objectId, name: objectName, difference, problem }) => ({ kind, objectId, name: objectName, difference, problem })) };
}
