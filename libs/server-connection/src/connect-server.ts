import type { Socket } from 'node:net';
import type { AddressRules } from './address-rules.js';
import { reachServer } from './reach-server.js';
import { orAborted } from './run-steps.js';
import { serverAddresses } from './server-addresses.js';

export interface ServerPlace {
  /** Name or IP address. */
  readonly host: string;
  readonly port: number;
}

/** Connects to a server that an administrator named, where one may be. Throws a `Failure`, or the reason of `signal`. */
export async function connectServer({ host, port }: ServerPlace, rules: AddressRules, withinMs: number, signal: AbortSignal): Promise<Socket> {
  const addresses = await orAborted(serverAddresses(host, rules), signal);
  return reachServer(addresses, port, withinMs, signal);
}
