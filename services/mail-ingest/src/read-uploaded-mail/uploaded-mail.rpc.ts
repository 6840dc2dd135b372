import { Readable } from 'node:stream';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { ReadUploadedMailRequest, UploadedMailService } from '@inkpost/contracts/admin/v1/uploaded_mail_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { AuthenticateSender } from '../authenticate-sender/authenticate-sender.js';
import { UPLOADED_MAIL_BYTES_MAX } from '../limits.js';
import { automaticSign } from '../receive-message/automatic-sign.js';
import { readMail } from '../receive-message/read-mail/read-mail.js';
import { readSender } from '../receive-message/read-sender.js';

/** Who sent a mail that an administrator uploads, to try rules with it. */
export class UploadedMailRpc implements ServiceImpl<typeof UploadedMailService> {
  constructor(private readonly authenticate: AuthenticateSender) {}

  readUploadedMail = async ({ mail, mailboxId }: ReadUploadedMailRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    if (mail.length === 0) throw invalidField('mail', 'is empty');
    if (mail.length > UPLOADED_MAIL_BYTES_MAX) throw invalidField('mail', `is larger than ${UPLOADED_MAIL_BYTES_MAX / 1024} kB; its header is enough`);
    const bytes = Buffer.from(mail);
    const { header } = await readMail(Readable.from([bytes]));
    const { address, problem = '' } = readSender(header);
    const fromDomain = address.slice(address.lastIndexOf('@') + 1);
    const { verdict, basis, measuredBy } = await this.authenticate.judgeUploaded(mailboxId, fromDomain, header, bytes);
    return { sender: address, senderProblem: problem, verdict, basis, measuredBy, automaticSign: automaticSign(header, undefined) ?? '' };
  };
}
