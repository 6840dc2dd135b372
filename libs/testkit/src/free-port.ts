import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below those that systems give to outgoing connections (Linux: from 32768), which would take a port between its finding and its use; above those that services are known by. */
const RANGE = { from: 15_000, to: 32_768 } as const;
const TRIES_MAX = 100;

/** A port on 127.0.0.1 that was free a moment ago, and is given to nobody else who asks here while this process lives: whoever is to use it may take a while, or be killed and started again. */
export async function freePort(): Promise<number> {
  return close(await listenSomewhere());
}

/** So many of them, each another one. */
export async function freePorts(count: number): Promise<number[]> {
  const probes: Server[] = [];
  while (probes.length < count) probes.push(await listenSomewhere());
  return Promise.all(probes.map(close));
}

/** This port if it is free, else any that is. */
export async function preferredPort(port: number): Promise<number> {
  return listen(port).then(close, freePort);
}

async function listenSomewhere(triesLeft = TRIES_MAX): Promise<Server> {
  const port = randomInt(RANGE.from, RANGE.to);
  try {
    await reserve(port);
    return await listen(port);
  } catch (error) {
    if (triesLeft === 0) throw error;
    return listenSomewhere(triesLeft - 1);
  }
}

/** By a name that one process of a machine can have at a time, and that goes with it. Where the system has no such names (abstract sockets, unix(7)) nothing is reserved. */
async function reserve(port: number): Promise<void> {
  const reservation = createServer().listen(`\0inkpost-port-${port}`);
  try {
    await once(reservation, 'listening');
    reservation.unref();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw error;
  }
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
