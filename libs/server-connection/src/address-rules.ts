import type { Variable } from '@inkpost/config/config.js';
import { oneOf } from '@inkpost/config/variables.js';

/** The setting by which an installation allows servers at link-local addresses: printers without DHCP have such ones (RFC 3927). */
export const LINK_LOCAL_SETTING = 'INKPOST_LINK_LOCAL_SERVERS';

export type LinkLocalServers = 'refused' | 'allowed';

export interface AddressRules {
  /** Also servers at link-local addresses and those of clouds' metadata services. */
  readonly linkLocalAllowed: boolean;
}

/** What holds where nobody says otherwise. */
export const LINK_LOCAL_REFUSED: AddressRules = { linkLocalAllowed: false };

/** Of every service that connects to servers which administrators name. */
export function linkLocalServersVariable(): Variable<LinkLocalServers> {
  return oneOf(LINK_LOCAL_SETTING, 'Whether servers and printers may be at link-local addresses and those of clouds\' metadata services, which answer questions that only this machine may ask.', ['refused', 'allowed'], 'refused');
}

export function addressRules(linkLocalServers: LinkLocalServers): AddressRules {
  return { linkLocalAllowed: linkLocalServers === 'allowed' };
}
