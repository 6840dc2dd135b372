import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { serverUri } from '@inkpost/admission/server-address.js';

export interface CalledServer {
  /** Where it is called from here. */
  readonly uri: string;
  /** Where others call it. */
  readonly knownAs: string;
}

/** A server on this machine is called by the loopback address (CLI-005), so that no firewall is in the way; others get to know it by what was typed. Throws as `serverUri`. */
export async function callable(address: string): Promise<CalledServer> {
  const knownAs = serverUri(address);
  const { hostname, port, pathname } = new URL(knownAs);
  const host = hostname.replaceAll(/^\[|\]$/g, '');
  const found = await lookup(host, { all: true }).catch(() => []);
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => each ?? []).map(({ address: each }) => each));
  const isOwn = found.length > 0 && found.every((each) => own.has(each.address));
  return { uri: isOwn ? `https://127.0.0.1:${port}${pathname}` : knownAs, knownAs };
}
