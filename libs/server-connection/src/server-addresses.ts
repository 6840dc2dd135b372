import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { type AddressRules, LINK_LOCAL_REFUSED, LINK_LOCAL_SETTING } from './address-rules.js';
import { ADDRESSES_TRIED_MAX } from './limits.js';
import { fault } from './run-steps.js';

/** Addresses of no machine: "this network" and multicast (RFC 1122, 3.2.1.3; RFC 4291, 2.5.2 and 2.7). */
const NOWHERE = new BlockList();
NOWHERE.addSubnet('0.0.0.0', 8, 'ipv4');
NOWHERE.addSubnet('224.0.0.0', 3, 'ipv4');
NOWHERE.addSubnet('ff00::', 8, 'ipv6');
NOWHERE.addAddress('::', 'ipv6');

/** Link-local ones (RFC 3927; RFC 4291, 2.5.6), some of which answer questions that only this machine may ask. */
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
/** Metadata services of clouds at addresses that look like any private or public one: AWS, Alibaba, Azure. */
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6');
LINK_LOCAL.addAddress('100.100.100.200', 'ipv4');
LINK_LOCAL.addAddress('168.63.129.16', 'ipv4');

/** Whether a server may be at this IP address. */
export function isServerAddress(address: string, { linkLocalAllowed }: AddressRules): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const plain = address.split('%')[0] ?? '';
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  // An IPv4 address inside of an IPv6 one (RFC 4291, 2.5.5.2) is checked as what it is.
  return !NOWHERE.check(plain, kind) && (linkLocalAllowed || !LINK_LOCAL.check(plain, kind));
}

/**
 * The addresses of a server, as the system knows them, without those where none may be. What connects uses these, not the name: it could
 * lead elsewhere a moment later. Throws a `Failure`.
 */
export async function serverAddresses(host: string, rules: AddressRules = LINK_LOCAL_REFUSED): Promise<readonly string[]> {
  const addresses = isIP(host) === 0 ? await lookUp(host) : [host];
  const usable = addresses.filter((address) => isServerAddress(address, rules));
  if (usable.length === 0) throw fault(forbiddenReason(host, addresses));
  return usable.slice(0, ADDRESSES_TRIED_MAX);
}

/** Why nobody connects to a server that is at these addresses alone; it names the setting where that would allow one of them. */
export function forbiddenReason(host: string, addresses: readonly string[]): string {
  const place = addresses.join(', ') === host ? `${host} is` : `${host} leads to ${addresses.join(', ')},`;
  const canBeAllowed = addresses.some((address) => isServerAddress(address, { linkLocalAllowed: true }));
  const reason = canBeAllowed ? `a link-local or metadata address, where no server may be unless ${LINK_LOCAL_SETTING} is set to allowed` : 'an address where no server can be';
  return `${place} ${reason}. Nothing was sent there.`;
}

async function lookUp(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOTFOUND') throw fault(`The name ${host} is unknown here: check its spelling, and whether this machine's name server knows it.`, error);
    throw fault(`The name ${host} can't be looked up now: the name server of this machine doesn't answer.`, error);
  }
}
