import type { Caller } from '@inkpost/service/rights.js';
import { as, type Owners } from '../call-owner/owners.js';

/** Owners of a mailbox's sub-resources know no mailboxes: mail-ingest says whether there is one. */
export function existingMailbox({ mailboxes }: Owners) {
  return ({ params, caller }: { readonly params: { readonly mailboxId: string }; readonly caller: Caller }): Promise<unknown> => mailboxes.getMailbox(params, as(caller));
}
