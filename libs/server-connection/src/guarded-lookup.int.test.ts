import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FORBIDDEN_ADDRESS, guardedLookup } from './guarded-lookup.js';

/** A name to the system, which leads to 169.254.169.254. */
const NUMBER = '2852039166';
const strict = { linkLocalAllowed: false };

describe('a client that looks up names by itself', () => {
  it.each([true, false])('is refused what a name leads to, and connects to the others, with a choice of families: %s', async (autoSelectFamily) => {
    const socket = connect({ host: NUMBER, port: 1, autoSelectFamily, ...guardedLookup(NUMBER, strict) });
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: FORBIDDEN_ADDRESS, message: expect.stringContaining('INKPOST_LINK_LOCAL_SERVERS') as unknown });
    const server = createServer((taken) => taken.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const allowed = connect({ host: 'localhost', port, family: 4, autoSelectFamily, ...guardedLookup('localhost', strict) });
    await once(allowed, 'connect');
    allowed.destroy();
    server.close();
  });

  it('is refused an address, which nobody looks up, unless it is allowed', () => {
    expect(() => guardedLookup('169.254.169.254', strict)).toThrow(expect.objectContaining({ code: FORBIDDEN_ADDRESS }));
    expect(() => guardedLookup('169.254.169.254', { linkLocalAllowed: true })).not.toThrow();
    expect(() => guardedLookup('0.0.0.0', { linkLocalAllowed: true })).toThrow(expect.objectContaining({ code: FORBIDDEN_ADDRESS }));
  });

  it('gets the addresses of a name where that is allowed', async () => {
    const { lookup } = guardedLookup(NUMBER, { linkLocalAllowed: true });
    expect(await new Promise((resolve) => lookup(NUMBER, { all: true }, (error, found) => resolve(error ?? found)))).toEqual([{ address: '169.254.169.254', family: 4 }]);
  });
});
