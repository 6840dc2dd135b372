import { connect } from 'node:net';
import type { Environment } from '@inkpost/config/config.js';

const ANSWER_MS = 1_000;

/**
 * Before anything is started: a port that somebody else answers at stops the start, and another Inkpost there would look like this one.
 *
 * @throws Error that names each such variable INKPOST_…_LISTEN, not the first alone.
 */
export async function checkPorts(settings: Environment): Promise<void> {
  const places = Object.entries(settings).filter(([name]) => /^INKPOST_\w+_LISTEN$/u.test(name));
  const taken = await Promise.all(places.map(async ([name, place = '']) => ((await isTaken(place)) ? [`  ${name}  ${place}`] : [])));
  const lines = taken.flat();
  if (lines.length > 0) throw new Error(['These ports are taken. Is Inkpost running already? Else let these variables name others:', ...lines].join('\n'));
}

/** `place`: host:port, the host in brackets where it is an IPv6 address; or a port alone. What is no place is found elsewhere. */
async function isTaken(place: string): Promise<boolean> {
  const { host = '127.0.0.1', port } = /^(?:\[?(?<host>.+?)\]?:)?(?<port>\d+)$/u.exec(place)?.groups ?? {};
  if (port === undefined || port === '0' || Number(port) > 65_535) return false;
  // Every address of this machine: then also this one.
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const socket = connect({ host: reached, port: Number(port), timeout: ANSWER_MS });
  const answered = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('timeout', () => resolve(false)).once('error', () => resolve(false));
  });
  socket.destroy();
  return answered;
}
