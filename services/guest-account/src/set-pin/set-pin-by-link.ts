import { randomUUID } from 'node:crypto';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { verifyLink } from '@inkpost/secrets/signed-link.js';
import { sourceNetwork } from '@inkpost/service/source-network.js';
import { type Language, languageOf } from '../installation.js';
import { PIN_LINK_MS } from '../limits.js';
import type { AccountFinder, FoundAccount } from '../sign-in/account-finder.js';
import { linkRequest } from '../sign-in/count-attempt.js';
import type { SignInDelayStore } from '../sign-in/sign-in-delay.store.js';
import type { PinLink, PinLinkStore } from './pin-link.store.js';

/** Of a link that is good for nothing: why. */
export type DeadLink = 'unknown' | 'used' | 'expired';

interface Parts {
  readonly links: PinLinkStore;
  readonly accounts: AccountFinder;
  readonly delays: SignInDelayStore;
  readonly masterKey: MasterKey;
  readonly installationLanguage: Language;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Setting a PIN without signing in: by a link that goes to the address that the directory holds, and nowhere else. */
export class PinByLink {
  constructor(private readonly parts: Parts) {}

  /** Has a link mailed, if the address is somebody's who may print. `address` in any form. Throws a `Failure` while the directory that would know can't be asked. */
  async request(address: string, source: string): Promise<'mailed' | 'nobody' | 'too-often'> {
    const normal = parseMailAddress(address.trim())?.text;
    if (normal === undefined) return 'nobody';
    const admission = await this.parts.delays.count(linkRequest(normal, sourceNetwork(source)));
    if (!admission.admitted) return 'too-often';
    const found = await this.parts.accounts.byAddress(normal);
    const [main] = found?.person.addresses ?? [];
    if (!found || found.person.locked || main === undefined) return 'nobody';
    const { directory: { directoryId }, person: { accountId, login, displayName } } = found;
    const language = languageOf(found.person.language) ?? this.parts.installationLanguage;
    await this.parts.links.make({ linkId: randomUUID(), holder: { accountId, directoryId, login, displayName }, address: main, language, openUntil: new Date(Date.now() + PIN_LINK_MS) });
    return 'mailed';
  }

  /** What a link is good for. */
  async open(linkId: string, proof: string): Promise<PinLink | DeadLink> {
    const claim = UUID.test(linkId) ? verifyLink(this.parts.masterKey, linkId, proof) : undefined;
    if (!claim) return 'unknown';
    const link = await this.parts.links.find(linkId);
    if (!link) return claim.endsAt.getTime() < Date.now() ? 'expired' : 'unknown';
    if (link.used) return 'used';
    return link.over ? 'expired' : link;
  }

  /** Sets the PIN, once. Throws a `Failure` while the directory can't be asked whether the account still stands. */
  async set(linkId: string, proof: string, pin: string): Promise<FoundAccount | DeadLink> {
    const link = await this.open(linkId, proof);
    if (typeof link === 'string') return link;
    const found = await this.parts.accounts.inDirectory(link.directoryId, link.login);
    // Whoever left, or was locked, meanwhile can't do anything with it, nor who has the login now.
    if (typeof found === 'string' || found.person.accountId !== link.accountId || found.person.locked) return 'unknown';
    return (await this.parts.links.use(linkId, link, pin)) ? found : 'used';
  }
}
