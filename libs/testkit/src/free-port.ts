import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  return tryPort(0);
}

/** So many of them, each another one: one after the other the system may give the same again. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(Array.from({ length: count }, () => listen(0)));
  return Promise.all(probes.map(close));
}

/** This port if it is free, else any that is. */
export async function preferredPort(port: number): Promise<number> {
  return tryPort(port).catch(() => tryPort(0));
}

async function tryPort(wanted: number): Promise<number> {
  return close(await listen(wanted));
}

async function listen(wanted: number): Promise<Server> {
  const probe = createServer().listen(wanted, '127.0.0.1');
  await once(probe, 'listening');
  return probe;
}

/** Gives the port that is free now. */
async function close(probe: Server): Promise<number> {
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('the probe listened on no port');
  return address.port;
}
