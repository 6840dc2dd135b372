import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ADDRESSES_TRIED_MAX } from '../limits.js';
import { fault } from './run-steps.js';

/** No mail server has such an address; some of them answer questions that only this machine may ask (RFC 3927, RFC 4291, RFC 1122, 3.2.1.3). */
const NO_SERVERS = new BlockList();
NO_SERVERS.addSubnet('169.254.0.0', 16, 'ipv4');
NO_SERVERS.addSubnet('0.0.0.0', 8, 'ipv4');
NO_SERVERS.addSubnet('224.0.0.0', 3, 'ipv4');
NO_SERVERS.addSubnet('fe80::', 10, 'ipv6');
NO_SERVERS.addSubnet('ff00::', 8, 'ipv6');
NO_SERVERS.addAddress('::', 'ipv6');
/** A cloud's own metadata service, at an address that looks like any private one. */
NO_SERVERS.addAddress('fd00:ec2::254', 'ipv6');

export function isServerAddress(address: string): boolean {
  const family = isIP(address);
  // An IPv4 address inside of an IPv6 one (RFC 4291, 2.5.5.2) is checked as what it is.
  return family !== 0 && !NO_SERVERS.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** The addresses of a mail server, as the system knows them. Throws a `Failure`. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  const addresses = isIP(host) === 0 ? await lookUp(host) : [host];
  const usable = addresses.filter(isServerAddress);
  if (usable.length === 0) throw fault(`${host} leads to ${addresses.join(', ')}, where no mail server can be. Nothing was sent there.`);
  return usable.slice(0, ADDRESSES_TRIED_MAX);
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
