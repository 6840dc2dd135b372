import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below those that systems give to outgoing connections (Linux: from 32768), which would take a port between its finding and its use; above those that services are known by. */
const RANGE = { from: 15_000, to: 32_768 } as const;
const TRIES_MAX = 100;

/** A port on 127.0.0.1 that was free a moment ago. */
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
  return listen(randomInt(RANGE.from, RANGE.to)).catch((error: unknown) => {
    if (triesLeft === 0) throw error;
    return listenSomewhere(triesLeft - 1);
  });
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
