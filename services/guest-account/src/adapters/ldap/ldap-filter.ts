import { ADDRESS_PLACE } from '../../directories/address-place.js';
import type { LdapSettings } from '../../directories/ldap-settings.js';
import { spellings } from '../address-texts.js';

/** Microsoft's attribute of all addresses of an entry, each with its kind in front. */
const PREFIXED_ATTRIBUTE = 'proxyaddresses';

/** A value in a filter, whatever it holds (RFC 4515, 3). */
export function escapeFilterValue(value: string): string {
  return value.replaceAll(/[\\*()\0]/g, (sign) => `\\${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Finds whoever has the address, in the form of either alphabet: directories hold `büro.example` as well as `xn--bro-hoa.example`. */
export function filterByAddress({ peopleFilter, addressFilter, mailAttributes }: Pick<LdapSettings, 'peopleFilter' | 'addressFilter' | 'mailAttributes'>, address: string): string {
  const filters = spellings(address).flatMap((spelling) => {
    if (addressFilter !== '') return [addressFilter.replaceAll(ADDRESS_PLACE, () => escapeFilterValue(spelling))];
    return mailAttributes.map((attribute) => equality(attribute, attribute.toLowerCase() === PREFIXED_ATTRIBUTE ? `smtp:${spelling}` : spelling));
  });
  return `(&${peopleFilter}${filters.length === 1 ? filters[0] : `(|${filters.join('')})`})`;
}

/** `(uid=ada)` */
export function equality(attribute: string, value: string): string {
  return `(${attribute}=${escapeFilterValue(value)})`;
}
