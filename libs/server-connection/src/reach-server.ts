import { once } from 'node:events';
import { connect, isIPv6, type Socket } from 'node:net';
import { fault } from './run-steps.js';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections on this port: the server is not running, or the port is wrong',
  EHOSTUNREACH: 'can\'t be reached: there is no way to it from this machine',
  ENETUNREACH: 'can\'t be reached: there is no way to it from this machine',
  ECONNRESET: 'ends the connection at once: it may not allow this machine',
  EACCES: 'may not be connected to from this machine: a firewall here forbids it',
  EPERM: 'may not be connected to from this machine: a firewall here forbids it',
};

/** Connects to the first of these addresses that takes it; each has its share of the time. Throws a `Failure` that names each one's reason. */
export async function reachServer(addresses: readonly string[], port: number, withinMs: number, signal: AbortSignal): Promise<Socket> {
  const reasons: string[] = [];
  for (const address of addresses) {
    const socket = connect({ host: address, port });
    // Whatever happens to it later is told by what is waited for then.
    socket.on('error', () => undefined);
    try {
      await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(withinMs / addresses.length))]) });
      return socket;
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      const { code = '' } = error as NodeJS.ErrnoException;
      reasons.push(`${placeName(address, port)} ${code === 'ABORT_ERR' ? 'does not answer: a firewall may be in the way' : (REASONS[code] ?? `can't be reached (${code})`)}`);
    }
  }
  throw fault(`${reasons.join('; ')}.`);
}

/** `192.0.2.1:636` or `[2001:db8::1]:636` */
export function placeName(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
