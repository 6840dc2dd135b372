import type { RequestContext } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';

/** Owners of a mailbox's sub-resources know no mailboxes: mail-ingest says whether there is one. */
export function existingMailbox({ mailboxes }: Owners) {
  return ({ params, caller }: RequestContext & { readonly params: { readonly mailboxId: string } }): Promise<unknown> => mailboxes.getMailbox(params, as(caller));
}
