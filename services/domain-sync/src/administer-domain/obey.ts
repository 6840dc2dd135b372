import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AnswerSchema, Command } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { refusal } from '../domain/refuse.js';
import type { AdministerDomain } from './administer-domain.js';

type Answer = NonNullable<MessageInitShape<typeof AnswerSchema>['answer']>;

/** What is done for whoever proved the maintenance password: wcli, or another server's administrator. `certificateSha256`: of the door that was proven to. */
export async function obey({ command }: Command, certificateSha256: string, administer: AdministerDomain): Promise<Answer> {
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
    case 'readDomain':
      break;
    case undefined:
    default:
      throw refusal('invalid', 'This server does not know this command: its version is older.');
  }
  return { case: 'domain', value: await administer.describe() };
}
