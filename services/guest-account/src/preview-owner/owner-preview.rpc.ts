import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { OwnerPreviewService, PreviewOwnerRequest } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import { CauseDown } from '@inkpost/failure/failure.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { type KnownGuest, decideOwner } from '../resolve-owner/decide-owner.js';
import type { PersonLookup } from '../find-person/ask-directories.js';
import type { ResolveOwner } from '../resolve-owner/resolve-owner.js';
import { describePreview, type OwnerPreview, previewWaiting } from './describe-preview.js';

/** For whom a mail would be printed, decided as the flow does; nothing is created and nobody is asked (SKY-073). */
export class OwnerPreviewRpc implements ServiceImpl<typeof OwnerPreviewService> {
  constructor(private readonly owners: ResolveOwner) {}

  async previewOwner({ address: given, unknownSender, sponsors }: PreviewOwnerRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const address = parseMailAddress(given.trim())?.text;
    if (address === undefined) throw invalidField('address', 'must be one e-mail address, for example somebody@example.org');
    const { report, ...preview } = await this.preview(address, unknownSender, sponsors);
    return { ...preview, report: [...report] };
  }

  private async preview(address: string, unknownSender: string, sponsors: readonly string[]): Promise<OwnerPreview> {
    let lookup: PersonLookup<KnownGuest>;
    try {
      ({ lookup } = await this.owners.lookUp(address));
    } catch (error) {
      if (error instanceof CauseDown && error.code === 'directory.down') return previewWaiting(error.message);
      throw error;
    }
    // As a mail that a person has just sent; what it would be called by and spoken to does not show.
    const mail = { sender: { address, displayName: '' }, language: '', unknownSender, approvedBy: '', approver: '', senderMayBeTold: true, knownSenderMayBeTold: true };
    return describePreview(address, lookup, decideOwner(mail, lookup, 'en'), sponsors);
  }
}
