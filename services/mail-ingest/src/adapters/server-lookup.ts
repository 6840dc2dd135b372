import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isServerAddress } from '@inkpost/server-connection/server-addresses.js';

/** The code of the error of a server that is at no address where one may be. */
export const FORBIDDEN_ADDRESS = 'FORBIDDEN_ADDRESS';

/** Tests of mailboxes refuse the same. */
const RULES = { linkLocalAllowed: false };

/**
 * For connections to mail servers that administrators name: nowhere that leads to this machine's own network alone, or to a cloud's
 * metadata service. What is checked is what is connected to, whatever the name leads to a moment later.
 */
export const serverLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, '');
    const usable = found.filter(({ address }) => isServerAddress(address, RULES));
    const [first] = usable;
    if (!first) return callback(forbidden(), '');
    if (options.all) return callback(null, usable);
    return callback(null, first.address, first.family);
  });
};

/** A host that is an address is looked up by nobody. Throws as `serverLookup` fails. */
export function requireServerAddress(host: string): void {
  if (isIP(host) !== 0 && !isServerAddress(host, RULES)) throw forbidden();
}

function forbidden(): Error {
  return Object.assign(new Error('no server may be at this address'), { code: FORBIDDEN_ADDRESS });
}
