import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { type LinkClaim, signLink } from '@inkpost/secrets/signed-link.js';

/** Makes the links by which unknown senders are let in: pages of the gateway. */
export class ConfirmationLinks {
  /** `publicUrl`: how browsers reach the gateway. */
  constructor(
    private readonly publicUrl: string,
    private readonly masterKey: MasterKey,
  ) {}

  /** `proof`: the part of it that must stay between us and its reader. */
  link(waitingId: string, claim: LinkClaim): { readonly link: string; readonly proof: string } {
    const proof = signLink(this.masterKey, waitingId, claim);
    return { link: `${this.publicUrl.replace(/\/$/, '')}/confirm/${waitingId}/${proof}`, proof };
  }
}
