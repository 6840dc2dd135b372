import { isIPv4, isIPv6 } from 'node:net';

const GROUPS_OF_NETWORK = 4;

/**
 * What counts as one source of attempts: an IPv4 address, or an IPv6 network of 64 bits, which is what one subscriber is given
 * (RFC 6177). Anything that is no address is the one source `unknown`.
 */
export function sourceNetwork(source: string): string {
  const [address = ''] = source.split('%');
  const mapped = /^::ffff:(?<ipv4>[\d.]+)$/iu.exec(address)?.groups?.ipv4 ?? address;
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(address)) return 'unknown';
  return `${groupsOf(address).slice(0, GROUPS_OF_NETWORK).join(':')}::/64`;
}

/** The first groups of an IPv6 address, `::` written out (RFC 4291, 2.2); those in the form of IPv4 stand at its end and don't matter. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '').map((group) => group.replace(/^0+(?=.)/u, ''));
  if (tail === undefined) return groups(head);
  const zeros = 8 - groups(head).length - groups(tail).length - (tail.includes('.') ? 1 : 0);
  return [...groups(head), ...Array.from({ length: zeros }, () => '0'), ...groups(tail)];
}
