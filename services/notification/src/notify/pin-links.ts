import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { signLink } from '@inkpost/secrets/signed-link.js';

/** Makes the links by which people set their PIN: pages of the gateway. */
export class PinLinks {
  /** `publicUrl`: how browsers reach the gateway. */
  constructor(
    private readonly publicUrl: string,
    private readonly masterKey: MasterKey,
  ) {}

  /** `proof`: the part of it that must stay between us and its reader. */
  link(linkId: string, endsAt: Date): { readonly link: string; readonly proof: string } {
    const proof = signLink(this.masterKey, linkId, { endsAt, place: 0 });
    return { link: `${this.publicUrl.replace(/\/$/, '')}/pin/${linkId}/${proof}`, proof };
  }
}
