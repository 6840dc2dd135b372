import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  return tryPort(0);
}

/** This port if it is free, else any that is. */
export async function preferredPort(port: number): Promise<number> {
  return tryPort(port).catch(() => tryPort(0));
}

async function tryPort(wanted: number): Promise<number> {
  const probe = createServer().listen(wanted, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('the probe listened on no port');
  return address.port;
}
