import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressRules, LINK_LOCAL_REFUSED } from './address-rules.js';
import { forbiddenReason, isServerAddress } from './server-addresses.js';

/** The code of the error of a server that is at no address where one may be; its message is a sentence to act on. */
export const FORBIDDEN_ADDRESS = 'FORBIDDEN_ADDRESS';

/**
 * Options of a socket for a client that looks up names by itself: it connects nowhere else than where a server may be. What is checked is
 * what is connected to, whatever the name leads to a moment later. A host that is an address is looked up by nobody: it is checked here.
 * Throws an error with the code `FORBIDDEN_ADDRESS`, or lets the connection fail with it.
 */
export function guardedLookup(server: string, rules: AddressRules = LINK_LOCAL_REFUSED): { readonly lookup: LookupFunction } {
  if (isIP(server) !== 0 && !isServerAddress(server, rules)) throw forbiddenAddress(server, [server]);
  return {
    lookup: (host, options, callback) => {
      lookup(host, { ...options, all: true }, (error, found) => {
        if (error) return callback(error, '');
        const usable = found.filter(({ address }) => isServerAddress(address, rules));
        const [first] = usable;
        if (!first) return callback(forbiddenAddress(host, found.map(({ address }) => address)), '');
        if (options.all) return callback(null, usable);
        return callback(null, first.address, first.family);
      });
    },
  };
}

function forbiddenAddress(host: string, addresses: readonly string[]): Error {
  return Object.assign(new Error(forbiddenReason(host, addresses)), { code: FORBIDDEN_ADDRESS });
}
