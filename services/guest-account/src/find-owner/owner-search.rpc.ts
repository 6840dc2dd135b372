import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { FindOwnerRequest, OwnerSearchService } from '@inkpost/contracts/admin/v1/owner_search_pb.js';
import { CauseDown } from '@inkpost/failure/failure.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Installation } from '../installation.js';
import type { ResolveOwner } from '../resolve-owner/resolve-owner.js';
import { describeOwner, type OwnerSearch } from './describe-owner.js';

/** Who it is that a document is to be given to: looked for as the owner of a mail is, in META's order. */
export class OwnerSearchRpc implements ServiceImpl<typeof OwnerSearchService> {
  constructor(
    private readonly owners: Pick<ResolveOwner, 'search'>,
    private readonly installation: Installation,
  ) {}

  findOwner = async ({ address: given }: FindOwnerRequest, context: HandlerContext): Promise<OwnerSearch> => {
    authorize(context, 'jobs.manage');
    const address = parseMailAddress(given.trim())?.text;
    if (address === undefined) throw invalidField('address', 'must be one e-mail address, for example somebody@example.org');
    try {
      const { lookup, hasPin } = await this.owners.search(address);
      return describeOwner(address, lookup, hasPin, this.installation.language);
    } catch (error) {
      if (error instanceof CauseDown && error.code === 'directory.down') return { outcome: 'waiting', problem: error.message };
      throw error;
    }
  };
}
